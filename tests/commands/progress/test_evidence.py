"""What people sign for, and when their signatures no longer hold."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.settings import read_pages, shipped_runbooks
from commands.progress.evidence import (
    CHECK,
    FRESH,
    check_step,
    evidence_of,
    expired_signatures,
    is_fresh,
    is_stale,
    names,
    places_hash,
    short,
    why_fallen,
)
from commands.progress.step_state import StepState, state_of
from commands.run.decide import decide
from commands.run.instructions import AskAgain, BeginStep, CheckEvidence, Wait
from state.facts import BOT, EnvironmentHold, Evidence, Fact, Note, Resume, Signature, evidence_hash
from state.records import Attempt, AttemptState, Record
from tests.pages import NOON, attempt_at, fact, run

PAGE = read_pages(shipped_runbooks())["option-a.md"]
BACKUP_1, BACKUP_2 = "ab" * 32, "cd" * 32
PLACES = (("host production: address", "1"),)
RUN = run(text=PAGE.text, places=PLACES)


def done(step: str, attempt: int = 1, *, after: float = 0, **outcome: Any) -> Attempt:
    """A successful attempt that ended at once."""
    began = NOON + timedelta(minutes=after)
    made = attempt_at(step, "done", attempt, after=after)
    return replace(made, ended_at=began, outcome=outcome)


def backup(attempt: int = 1, sha256: str = BACKUP_1, *, after: float = 1) -> Attempt:
    return done("backup", attempt, after=after, evidence={"backup": sha256})


BEFORE = tuple(step.id for step in PAGE.forward[: [step.id for step in PAGE.forward].index("keep-backend")])


def record(*attempts: Attempt, facts: tuple[Fact, ...] = ()) -> Record:
    return Record(run=RUN, attempts=attempts, facts=facts)


def signed(step: str, evidence: Evidence, *, after: float = 10, person: str = "UANA") -> Signature:
    made = fact("sign", step, role="reviewer", person=person, after=after)
    assert isinstance(made, Signature)
    return replace(made, evidence=evidence, evidence_hash=evidence_hash(evidence))


def check(attempt: int = 1, state: str = "done", *, after: float = 20, **outcome: Any) -> Attempt:
    return replace(done(CHECK, attempt, after=after, **outcome), state=AttemptState(state))


def all_signed(*, without: str = "", after: float = 10) -> Record:
    """Every step before the deploy is done and signed for by its roles."""
    attempts = [backup() if step == "backup" else done(step, after=1) for step in BEFORE]
    of = record(*attempts)
    evidence = () if without == "evidence" else evidence_of(PAGE, of)
    facts = [
        replace(signed(step.id, evidence, after=after), role=role)
        for step in PAGE.forward
        if step.id in BEFORE
        for role in step.box.roles()
    ]
    return replace(of, facts=tuple(facts))


def then(of: Record, *attempts: Attempt, facts: tuple[Fact, ...] = ()) -> Record:
    return replace(of, attempts=of.attempts + attempts, facts=of.facts + facts)


def at(minutes: float) -> Any:
    return NOON + timedelta(minutes=minutes)


def test_evidence_is_the_page_the_places_and_each_result_in_the_pages_order() -> None:
    of = record(backup(), done("release", evidence={"commit": "1" * 40, "up.sql": "2" * 64}))
    page = hashlib.sha256(PAGE.text.encode()).hexdigest()
    assert evidence_of(PAGE, of) == (
        ("page", page),
        ("places", places_hash(dict(PLACES))),
        ("commit", "1" * 40),
        ("up.sql", "2" * 64),
        ("backup", BACKUP_1),
    )


@pytest.mark.parametrize(("said", "words"), [("skip", "skipped"), ("done", "fixed by hand")])
def test_that_people_went_on_without_a_proof_is_evidence_too(said: str, words: str) -> None:
    of = record(attempt_at("proof", "failed"), facts=(fact("answer", "proof", said=said),))
    assert dict(evidence_of(PAGE, of))["proof"] == words


def test_a_step_that_runs_or_failed_gives_no_evidence() -> None:
    for state in ("running", "failed", "unknown"):
        assert "proof" not in dict(evidence_of(PAGE, record(attempt_at("proof", state))))


def test_a_signature_holds_while_everything_is_as_it_was() -> None:
    of = all_signed()
    assert why_fallen(PAGE, of, of.attempts[BEFORE.index("review")]) == ()


def test_results_that_come_after_a_signature_do_not_change_it() -> None:
    of = all_signed()
    later = replace(of.attempts[0], outcome={"evidence": {"commit": "1" * 40}})
    assert why_fallen(PAGE, replace(of, attempts=(later, *of.attempts[1:])), done("review", after=1)) == ()


def test_another_backup_than_the_signed_one_makes_the_signature_fall_and_says_which() -> None:
    of = then(all_signed(), backup(2, BACKUP_2, after=15))
    (why,) = why_fallen(PAGE, of, done("review"))
    assert why == "The backup has changed since UANA signed (abababab → cdcdcdcd)."
    assert state_of(PAGE, of, PAGE.step("review")) is StepState.SIGN_AGAIN


def test_other_places_make_it_fall_also_where_somebody_has_resumed_with_them() -> None:
    hold = EnvironmentHold(by=BOT, at=at(15), number=0, places=(("host production: address", "2"),))
    resume = fact("resume", attempt=0, after=16)
    of = then(all_signed(), facts=(hold, resume))
    (why,) = why_fallen(PAGE, of, done("review"))
    assert why.startswith("The places have changed since UANA signed (")
    back = Resume(by=BOT, at=at(16), number=0)
    assert why_fallen(PAGE, then(all_signed(), facts=(hold, back)), done("review")) == ()


def test_another_page_in_the_state_file_makes_it_fall() -> None:
    of = all_signed()
    other = replace(of, run=replace(RUN, text=PAGE.text + "\n"))
    assert why_fallen(PAGE, other, done("review"))[0].startswith("The page has changed since UANA signed (")


def test_a_signature_whose_evidence_was_altered_falls() -> None:
    of = all_signed()
    (altered, *others) = of.facts
    assert isinstance(altered, Signature)
    changes: list[dict[str, Any]] = [
        {"evidence": altered.evidence[1:]},
        {"evidence": ()},
        {"evidence_hash": ""},
        {"evidence": (), "evidence_hash": ""},
    ]
    for change in changes:
        forged = replace(of, facts=(replace(altered, **change), *others))
        why = "The signature of UANA was altered in the bot's record."
        assert why in why_fallen(PAGE, forged, done(altered.step))


def test_what_a_check_found_makes_it_fall_also_if_it_is_made_again_just_as_before() -> None:
    found = check(state="failed", changed={"backup": "The backup has changed."})
    of = then(all_signed(), found, backup(2, after=21))
    assert why_fallen(PAGE, of, done("review")) == ("The backup has changed.",)
    assert why_fallen(PAGE, then(all_signed(after=25), found, backup(2, after=21)), done("review")) == ()


def test_a_signature_of_an_earlier_version_holds_until_something_is_found_changed() -> None:
    old = all_signed(without="evidence")
    old = replace(old, run=replace(RUN, places=()))
    assert why_fallen(PAGE, old, done("review")) == ()
    found = check(state="failed", changed={"backup": "The backup has changed."})
    assert why_fallen(PAGE, then(old, found), done("review")) == ("The backup has changed.",)
    assert decide(PAGE, old, at(30)) == CheckEvidence(1), (
        "what the earlier version did not store is checked all the same"
    )


def test_nothing_falls_once_the_deploy_changes_production() -> None:
    of = then(all_signed(), backup(2, BACKUP_2, after=15), attempt_at("keep-backend", "running", after=20))
    assert why_fallen(PAGE, of, done("review")) == ()
    assert decide(PAGE, of, at(600)) == Wait()


def test_what_was_made_from_another_backup_is_made_again() -> None:
    of = then(all_signed(), backup(2, BACKUP_2, after=15))
    stale = {step for step in BEFORE if is_stale(PAGE, of, PAGE.step(step))}
    assert stale == {"proof", "rehearse"}
    instruction = decide(PAGE, of, at(16))
    assert isinstance(instruction, BeginStep)
    assert (instruction.step.id, instruction.attempt) == ("proof", 2)


def test_a_question_that_is_only_asked_again_makes_nothing_stale() -> None:
    again = replace(backup(2, after=15), outcome={"evidence": {"backup": BACKUP_1}, "fell": ["too old"]})
    of = then(all_signed(), again)
    assert not any(is_stale(PAGE, of, PAGE.step(step)) for step in BEFORE)


def test_the_evidence_is_checked_before_the_first_change_and_only_then() -> None:
    of = all_signed()
    assert decide(PAGE, of, at(30)) == CheckEvidence(1)
    instruction = decide(PAGE, then(of, check(after=30)), at(31))
    assert isinstance(instruction, BeginStep)
    assert instruction.step.id == "keep-backend"


def test_a_check_counts_for_two_minutes_and_only_as_the_last_thing_that_happened() -> None:
    of = then(all_signed(), check(after=20))
    assert is_fresh(of, at(20) + FRESH)
    assert not is_fresh(of, at(20.1) + FRESH)
    assert decide(PAGE, of, at(60)) == CheckEvidence(2)
    assert not is_fresh(then(of, facts=(fact("resume", attempt=0, after=20.5),)), at(21))
    assert not is_fresh(then(of, backup(2, after=20.5)), at(21))
    noted = Note(
        by=fact("resume", attempt=0).by, at=at(20.5), text="a note decides nothing, so it asks for no new check"
    )
    assert is_fresh(then(of, facts=(noted,)), at(21))
    assert not is_fresh(all_signed(), at(21))


def test_a_check_that_could_not_be_made_waits_for_a_person() -> None:
    away = then(all_signed(), check(state="failed", inconclusive=True))
    assert decide(PAGE, away, at(600 - 500)) == Wait()
    assert decide(PAGE, then(away, facts=(fact("answer", CHECK, said="again", after=22),)), at(23)) == CheckEvidence(2)
    assert decide(PAGE, then(all_signed(), check(state="unknown")), at(25)) == Wait()
    assert decide(PAGE, then(all_signed(), check(state="running")), at(25)) == Wait()


def test_signatures_older_than_the_page_allows_are_asked_for_again_together() -> None:
    of = all_signed()
    assert expired_signatures(PAGE, of, at(10 + 120)) == ()
    instruction = decide(PAGE, of, at(10 + 121))
    assert isinstance(instruction, AskAgain)
    assert [step for step, _ in instruction.steps] == ["review", "notification", "sign-off-before"]
    assert instruction.steps[0][1] == ("The signature of UANA at 19:10 is older than 2 h.",)


def test_without_a_lifetime_on_the_page_no_signature_is_too_old() -> None:
    page = replace(PAGE, runbook=PAGE.runbook.model_copy(update={"valid": None}))
    assert decide(page, all_signed(), at(5000)) == CheckEvidence(1)


def test_on_hold_nothing_is_checked_and_nobody_is_asked_again() -> None:
    hold = fact("hold", attempt=0, after=15)
    assert decide(PAGE, then(all_signed(), facts=(hold,)), at(500)) == Wait()
    assert decide(PAGE, then(all_signed(), backup(2, BACKUP_2, after=14), facts=(hold,)), at(16)) == Wait()


def test_values_are_short_for_people() -> None:
    assert [short(value) for value in ("ab" * 32, "12 rows", "abcdef12", "")] == ["abababab", "12 rows", "abcdef12", ""]
    assert names(["U1", "U2", "U1"]) == "U1, U2"
    assert names(["U1", "U2", "U3", "U4", "U5"]) == "U1, U2, U3 and 2 more"


def test_the_step_of_the_bot_says_what_it_looks_at_again() -> None:
    assert "on production: compares <commit> with what REF names" in "\n".join(check_step(PAGE).box.plan())
