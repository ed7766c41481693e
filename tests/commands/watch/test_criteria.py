"""GO and NO-GO lines against records made by hand: how each stands, and on what evidence."""

from __future__ import annotations

from dataclasses import replace

import pytest

from commands.runbook.head_boxes import Criterion
from commands.watch.criteria import Mark, criteria_status, criterion_holds
from state.facts import Fact
from state.records import Attempt, AttemptState
from tests.commands.signoff.samples import WINDOW
from tests.commands.watch.criteria_lines import PAGE, go_line, mark_and_evidence, page_with
from tests.commands.watch.watched import (
    CHECK,
    QUESTION,
    WATCH_BOX,
    ended,
    failed,
    sample,
    unreachable,
)
from tests.pages import NOON, record, row, said, small

# -- the panel ----------------------------------------------------------------------------------------------------


def test_a_page_without_criteria_has_no_panel() -> None:
    assert criteria_status(small(), record(sample(1, seconds=9.0))) == ()


def test_signs_of_no_go_come_first_and_only_while_they_are_present() -> None:
    bad = criteria_status(PAGE, record(row("health", AttemptState.FAILED), failed(1, seconds=6.0)))
    assert [(line.text, line.mark, line.sign) for line in bad] == [
        ("API slow", "no-go", True),
        ("Smoke tests failed", "no-go", True),
        ("Fast", "no-go", False),
    ]
    good = criteria_status(PAGE, record(row("health", AttemptState.DONE), sample(1, seconds=0.1)))
    assert [(line.text, line.mark, line.sign) for line in good] == [("Fast", "go", False)]
    assert [line.text for line in criteria_status(PAGE, record())] == ["Fast"]


def test_what_nothing_shows_is_left_to_people() -> None:
    page = page_with('{ text = "Users are happy" }', '{ text = "Users complain" }')
    (line,) = criteria_status(page, record())
    assert (line.text, line.mark, line.evidence, line.sign) == (
        "Users are happy",
        "people",
        "a person must judge this",
        False,
    )
    assert (line.at, line.by) == (None, ())
    assert criterion_holds(page, record(), Criterion(text="Users are happy")) is None


def test_a_line_is_as_old_as_its_newest_evidence() -> None:
    page = page_with(f'{{ text = "Both", shown_by = ["health", "{CHECK}"] }}')
    newer, older = ended(sample(1, seconds=0.1), 16), row("health", AttemptState.DONE, after=2)
    assert go_line(page, record(older, newer)).at == newer.at
    assert (
        go_line(page, record(replace(older, began_at=newer.at, ended_at=newer.at), sample(1, seconds=0.1))).at
        == newer.at
    )
    assert go_line(page, record()).at is None
    assert newer.at != older.at != NOON


# -- one line, several pieces of evidence -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("attempts", "expected"),
    [
        ([], None),
        ([row("health", AttemptState.DONE)], None),
        ([row("health", AttemptState.DONE), sample(1, seconds=0.1)], True),
        ([row("health", AttemptState.FAILED), sample(1, seconds=0.1)], False),
        ([row("health", AttemptState.FAILED)], False),
        ([row("health", AttemptState.DONE), failed(1)], False),
    ],
)
def test_a_line_holds_only_if_all_its_evidence_is_good(attempts: list[Attempt], expected: bool | None) -> None:
    both = Criterion(text="Both", shown_by=["health", CHECK])
    assert criterion_holds(PAGE, record(*attempts), both) is expected
    mark = {None: Mark.OPEN, True: Mark.GO, False: Mark.NO_GO}[expected]
    page = page_with(f'{{ text = "Both", shown_by = ["health", "{CHECK}"] }}')
    assert go_line(page, record(*attempts)).mark == mark


def test_the_evidence_that_is_shown_is_the_first_bad_one_or_else_the_first_missing_one() -> None:
    page = page_with(f'{{ text = "All", shown_by = ["ready", "health", "{CHECK}"] }}')
    ready = replace(row("ready", AttemptState.DONE), summary="ready")
    health = replace(row("health", AttemptState.FAILED), summary="down")
    assert mark_and_evidence(page, ready) == ("open", "not measured yet")
    assert mark_and_evidence(page, ready, unreachable(1, seconds=0.1)) == ("open", "not measured yet"), (
        "health is first"
    )
    assert mark_and_evidence(page, ready, health) == ("no-go", "down")
    assert mark_and_evidence(page, ready, health, failed(1, seconds=0.1)) == ("no-go", "down")


def test_of_two_pieces_of_evidence_the_first_is_shown_and_more_are_counted() -> None:
    two = page_with(f'{{ text = "Two", shown_by = ["health", "{CHECK}"] }}')
    three = page_with(f'{{ text = "Three", shown_by = ["ready", "health", "{CHECK}"] }}')
    passed = [replace(row(step, AttemptState.DONE), summary=f"{step} passed") for step in ("ready", "health")]
    assert mark_and_evidence(two, *passed, sample(1, seconds=0.1)) == ("go", "health passed")
    assert mark_and_evidence(three, *passed, sample(1, seconds=0.1)) == ("go", "3 of 3 passed")


# -- steps --------------------------------------------------------------------------------------------------------


def test_a_step_counts_by_its_newest_attempt() -> None:
    healthy = Criterion(text="Health", shown_by=["health"])
    bad, good = row("health", AttemptState.FAILED, 1), row("health", AttemptState.DONE, 2)
    assert criterion_holds(PAGE, record(bad, good), healthy) is True
    assert criterion_holds(PAGE, record(good, bad), healthy) is False
    assert criterion_holds(PAGE, record(good, row("health", AttemptState.RUNNING, 3)), healthy) is True
    assert criterion_holds(PAGE, record(row("health", AttemptState.RUNNING)), healthy) is None
    assert criterion_holds(PAGE, record(row("health", AttemptState.UNKNOWN)), healthy) is False


def test_a_step_shows_its_summary_and_its_time() -> None:
    page = page_with('{ text = "Health", shown_by = ["health"] }')
    passed = ended(replace(row("health", AttemptState.DONE, after=2), summary="200 in 5 ms"), 3)
    line = go_line(page, record(passed))
    assert (line.evidence, line.at, line.by) == ("200 in 5 ms", passed.ended_at, ())


NAMES = '["ready", "put-the-code-there", "health"]'


def test_a_failure_that_a_person_fixed_by_hand_is_good_and_names_the_person() -> None:
    page = page_with(f'{{ text = "All passed", shown_by = {NAMES} }}')
    rows = (
        row("ready", AttemptState.DONE),
        row("put-the-code-there", AttemptState.DONE),
        row("health", AttemptState.FAILED),
    )
    fixed = said("answer", "health", 1, said="done", reason="I opened it", person="UDEV", after=7)
    assert mark_and_evidence(page, *rows) == ("no-go", "")
    line = go_line(page, record(*rows, facts=(fixed,)))
    assert (line.mark, line.evidence, line.by) == (
        "go",
        "3 of 3 passed; “Health” was fixed by hand: I opened it",
        ("UDEV",),
    )
    assert line.at == fixed.at
    skipped = said("answer", "health", 1, said="skip", reason="never mind")
    assert mark_and_evidence(page, *rows, facts=(skipped,)) == ("no-go", "")


def test_a_fix_by_hand_that_a_second_person_must_agree_to_is_no_go_until_then() -> None:
    page = page_with('{ text = "On time", shown_by = ["the-right-time"] }', **WINDOW)
    closed = replace(row("the-right-time", AttemptState.FAILED), summary="it is Monday noon")
    fixed = said("answer", "the-right-time", 1, said="done", reason="it is open now")
    assert mark_and_evidence(page, closed, facts=(fixed,)) == ("no-go", "it is Monday noon")
    agreed = said("second", "the-right-time", 1, said="done")
    assert mark_and_evidence(page, closed, facts=(fixed, agreed))[0] == "go"


def test_what_succeeded_by_itself_is_not_said_to_be_fixed_by_hand() -> None:
    page = page_with('{ text = "Health", shown_by = ["health"] }')
    passed = replace(row("health", AttemptState.DONE), summary="200 in 5 ms")
    fixed = said("answer", "health", 1, said="done", reason="I opened it", person="UDEV")
    line = go_line(page, record(passed, facts=(fixed,)))
    assert (line.evidence, line.by) == ("200 in 5 ms", ())


def test_a_person_who_fixed_two_steps_is_named_once() -> None:
    page = page_with('{ text = "Two", shown_by = ["put-the-code-there", "health"] }')
    rows = [row(step, AttemptState.FAILED) for step in ("put-the-code-there", "health")]
    fixed = tuple(said("answer", one.step, 1, said="done", reason="by hand", person="UDEV") for one in rows)
    assert go_line(page, record(*rows, facts=fixed)).by == ("UDEV",)


# -- questions of the watch ---------------------------------------------------------------------------------------

TWO_ROLES = QUESTION.replace("item = [", 'item = [{ text = "Nothing in the logs", role = "lead" }, ')
ASKS = page_with('{ text = "Users are well", shown_by = ["all-well"] }', **{WATCH_BOX: TWO_ROLES})
ASKED = row("all-well", AttemptState.DONE, after=30)


def answer(role: str, word: str = "yes", attempt: int = 1, *, after: float = 35, reason: str = "") -> Fact:
    """An answer to the question."""
    return said("sign", "all-well", attempt, role=role, said=word, after=after, reason=reason)


def test_a_question_waits_for_the_roles_that_have_not_answered() -> None:
    line = go_line(ASKS, record(ASKED))
    assert (line.mark, line.evidence) == ("open", "waiting for an answer from Database Admin, Tech Lead")
    assert line.at == ASKED.began_at
    half = go_line(ASKS, record(ASKED, facts=(answer("dba"),)))
    assert (half.mark, half.evidence) == ("open", "waiting for an answer from Tech Lead")
    assert half.at == ASKED.began_at


def test_a_yes_of_all_shows_it_and_one_no_speaks_against_it() -> None:
    both = (answer("dba", after=35), answer("lead", after=36))
    line = go_line(ASKS, record(ASKED, facts=both))
    assert (line.mark, line.evidence, line.at) == ("go", "answered: yes", both[-1].at)
    no = answer("lead", "no", after=36, reason="three complaints")
    refused = go_line(ASKS, record(ASKED, facts=(answer("dba"), no)))
    assert (refused.mark, refused.evidence, refused.at) == ("no-go", "refused: three complaints", no.at)
    worse = answer("dba", "no", after=37, reason="ten complaints")
    assert mark_and_evidence(ASKS, ASKED, facts=(no, worse)) == ("no-go", "refused: ten complaints")


def test_the_answers_to_the_newest_question_count() -> None:
    again = row("all-well", AttemptState.DONE, 2, after=60)
    facts = (answer("dba"), answer("lead"))
    assert mark_and_evidence(ASKS, ASKED, again, facts=facts)[0] == "open"
