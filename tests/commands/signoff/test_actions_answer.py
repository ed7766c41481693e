"""Answering for a step that failed, and agreeing to it as a second person."""

from __future__ import annotations

import pytest

from commands.progress.step_state import DECISION
from commands.signoff.waiting import waiting_for
from state.errors import NotAllowed, Refused, TooLate
from state.events import StepAgreed, StepAnswered
from state.facts import Agreement, Choice, StepAnswer
from state.sqlite.store import Store
from tests.commands.signoff.night import AT_TERMINAL, DBA, GUEST, LATER, LEAD, Night
from tests.commands.signoff.samples import DEPLOY, SIGNED_DEPLOY, WINDOW
from tests.pages import NOON, payload, small


def test_an_answer_is_stored_and_posted(failed: Night) -> None:
    failed.actions.answer(DEPLOY, 1, LEAD, Choice.SKIP, " it is fine ", LATER)
    assert failed.record.facts == (
        StepAnswer(by=LEAD, at=LATER, step=DEPLOY, attempt=1, choice=Choice.SKIP, reason="it is fine"),
    )
    title = "Put the code there"
    assert failed.events == [
        StepAnswered(title=title, person="ULEAD", door=AT_TERMINAL, choice="skip", reason="it is fine")
    ]
    assert failed.store.events(1)[-1].step == DEPLOY


@pytest.mark.parametrize(
    ("choice", "act"),
    [(Choice.SKIP, "skip “Put the code there”"), (Choice.DONE, "call “Put the code there” fixed by hand")],
)
def test_to_continue_despite_a_failure_needs_the_deciding_role_and_a_reason(
    failed: Night, choice: Choice, act: str
) -> None:
    failed.changes_nothing(
        lambda: failed.actions.answer(DEPLOY, 1, DBA, choice, "it is fine", NOON),
        NotAllowed,
        rf"Only the Tech Lead may {act}\.",
    )
    failed.changes_nothing(
        lambda: failed.actions.answer(DEPLOY, 1, LEAD, choice, " ", NOON),
        Refused,
        "Continuing despite this needs a reason",
    )
    failed.actions.answer(DEPLOY, 1, LEAD, choice, "it is fine", NOON)


def test_the_role_that_the_step_names_answers_for_it(store: Store) -> None:
    night = Night(store, small(**{'takes = "10 min"': 'asks = "dba"'}))
    night.attempt(DEPLOY, "failed")
    night.changes_nothing(
        lambda: night.actions.answer(DEPLOY, 1, LEAD, Choice.SKIP, "it is fine", NOON),
        NotAllowed,
        "Only the Database Admin may skip “Put the code there”",
    )
    night.actions.answer(DEPLOY, 1, DBA, Choice.SKIP, "it is fine", NOON)


def test_everybody_with_a_role_may_run_a_step_again_without_a_reason(failed: Night) -> None:
    failed.changes_nothing(
        lambda: failed.actions.answer(DEPLOY, 1, GUEST, Choice.RETRY, "", NOON),
        NotAllowed,
        r"Only the Database Admin or Tech Lead may run a step again\.",
    )
    failed.actions.answer(DEPLOY, 1, DBA, Choice.RETRY, "", NOON)
    assert [fact.key for fact in failed.record.facts] == [f"answer:{DEPLOY}:1"]


def test_an_answer_that_is_not_possible_is_refused_with_the_possible_ones(store: Store) -> None:
    night = Night(store, small(**SIGNED_DEPLOY))
    night.attempt(DEPLOY)
    night.actions.sign(DEPLOY, 1, DBA, NOON, refused=True, reason="wrong version")
    night.changes_nothing(
        lambda: night.actions.answer(DEPLOY, 1, LEAD, Choice.DONE, "it is fine", NOON),
        Refused,
        "The possible answers are again, override; 'done' is not one of them",
    )


def test_a_step_is_answered_once(failed: Night) -> None:
    failed.actions.answer(DEPLOY, 1, LEAD, Choice.RETRY, "", NOON)
    failed.changes_nothing(
        lambda: failed.actions.answer(DEPLOY, 1, DBA, Choice.RETRY, "", NOON), TooLate, "is not waiting for this now"
    )


def test_only_the_newest_attempt_is_waiting_for_an_answer(failed: Night) -> None:
    failed.attempt(DEPLOY, "failed", 2)
    failed.changes_nothing(
        lambda: failed.actions.answer(DEPLOY, 1, LEAD, Choice.RETRY, "", NOON), TooLate, "is not waiting for this now"
    )
    failed.actions.answer(DEPLOY, 2, LEAD, Choice.RETRY, "", NOON)
    assert failed.events == [
        StepAnswered(title="Put the code there", person="ULEAD", door=AT_TERMINAL, attempt=2, choice="again")
    ]


def test_of_two_answers_at_the_same_moment_the_second_is_too_late(
    failed: Night, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = failed.record
    failed.actions.answer(DEPLOY, 1, LEAD, Choice.RETRY, "", NOON)
    monkeypatch.setattr(failed.store, "record", lambda _: before)
    with pytest.raises(TooLate, match=r"“Put the code there” has already been answered\."):
        failed.actions.answer(DEPLOY, 1, DBA, Choice.RETRY, "", NOON)
    assert len(failed.events) == 1


def test_a_step_that_two_must_skip_asks_for_the_second_person(store: Store) -> None:
    night = Night(store, small(**WINDOW))
    night.attempt("the-right-time", "failed")
    night.actions.answer("the-right-time", 1, LEAD, Choice.SKIP, "the boss is here", LATER)
    asked = store.events(night.run.id)[-1]
    assert (payload(asked).ask, payload(asked).roles, asked.at) == ("second", ("dba", "lead"), LATER)


def test_a_step_that_is_not_on_the_page_is_named(night: Night) -> None:
    words = r"There is no step “nonsense” in run 1\."
    night.changes_nothing(lambda: night.actions.sign("nonsense", 1, LEAD, NOON), Refused, words)
    night.changes_nothing(lambda: night.actions.answer("nonsense", 1, LEAD, Choice.SKIP, "x", NOON), Refused, words)


def test_a_second_person_with_a_role_agrees_to_skip_a_step(skipped: Night) -> None:
    agree = skipped.actions.agree
    words = r"A second person must agree\. You are the first, so it cannot be you\."
    skipped.changes_nothing(lambda: agree("the-right-time", 1, LEAD, NOON), NotAllowed, words)
    words = r"Only the Database Admin or Tech Lead may agree to this\."
    skipped.changes_nothing(lambda: agree("the-right-time", 1, GUEST, NOON), NotAllowed, words)
    agree("the-right-time", 1, DBA, LATER)
    assert skipped.record.facts[-1] == Agreement(by=DBA, at=LATER, step="the-right-time", attempt=1)
    assert skipped.events[-1] == StepAgreed(title="The right time", person="UDBA")
    assert skipped.store.events(1)[-1].step == "the-right-time"
    assert waiting_for(skipped.page, skipped.record) == ()


def test_what_counts_as_first_is_the_answer_to_this_attempt_of_this_step(store: Store) -> None:
    night = Night(store, small(**WINDOW))
    night.attempt("the-right-time", "failed")
    night.actions.answer("the-right-time", 1, DBA, Choice.RETRY, "", NOON)
    night.attempt("the-right-time", "failed", 2)
    night.actions.answer("the-right-time", 2, LEAD, Choice.SKIP, "the boss is here", NOON)
    late = StepAnswer(by=DBA, at=NOON, step="the-right-time", attempt=3, choice=Choice.RETRY)
    assert night.store.add_fact(night.run.id, late)
    night.attempt(DEPLOY, "failed", 2)
    night.actions.answer(DEPLOY, 2, DBA, Choice.RETRY, "", NOON)
    night.actions.agree("the-right-time", 2, DBA, NOON)
    assert night.record.facts[-1].key == "second:the-right-time:2"
    assert night.events[-1] == StepAgreed(title="The right time", person="UDBA", attempt=2)


def test_there_is_nothing_to_agree_to_before_the_first_person_has_decided(night: Night) -> None:
    night.changes_nothing(lambda: night.actions.agree("ready", 1, DBA, NOON), TooLate, "is not waiting for this now")
    night.watch()
    night.changes_nothing(
        lambda: night.actions.agree(DECISION, 1, DBA, NOON), TooLate, "“the decision” is not waiting for this now"
    )
