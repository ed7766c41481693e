"""What a rollback has not restored, by name, with the reason and who must act."""

from __future__ import annotations

from dataclasses import replace

import pytest

from commands.rollback.restored import not_restored, not_restored_before
from commands.runbook import read_page
from state.facts import Fact
from state.records import Attempt, AttemptState, Record
from tests.commands.rollback.samples import OLD, lane
from tests.pages import record, row, said, spoil

PAGE = read_page(
    spoil((OLD, lane("stop") + lane("database", 'asks = "dba"') + lane("code", 'after = ["stop"]') + lane("restart"))),
    "small.md",
)
NAMES = ("stop", "database", "code", "restart")
SKIP = said("answer", "database", 1, said="skip", reason="by hand later")
FAILED = replace(row("database", AttemptState.FAILED), summary="exit 1")


def back(*attempts: Attempt, facts: tuple[Fact, ...] = (), state: str = "rolling back") -> Record:
    """A rollback whose steps all succeeded, but for these attempts."""
    others = [row(name, AttemptState.DONE) for name in NAMES if name not in {one.step for one in attempts}]
    return record(row("put-the-code-there", AttemptState.DONE), *others, *attempts, facts=facts, state=state)


def before_restart(of: Record, step: str = "restart") -> dict[str, str]:
    return not_restored_before(PAGE, of, PAGE.step(step))


def test_a_rollback_whose_steps_succeeded_has_restored_everything() -> None:
    assert not_restored(PAGE, back()) == ()
    assert before_restart(back()) == {}


@pytest.mark.parametrize("state", ["rolling back", "rolled back"])
def test_a_failed_step_is_named_with_its_result(state: str) -> None:
    assert not_restored(PAGE, back(FAILED, state=state)) == ("“database” failed: exit 1",)


@pytest.mark.parametrize("state", ["going", "kept", "aborted", "ended by hand"])
def test_without_a_rollback_nothing_is_named(state: str) -> None:
    assert not_restored(PAGE, back(FAILED, state=state)) == ()


def test_a_skipped_step_is_named_with_the_reason_for_the_skip() -> None:
    assert not_restored(PAGE, back(FAILED, facts=(SKIP,))) == ("“database” failed: exit 1 (skip: by hand later)",)


def test_a_step_that_did_not_begin_or_end_is_named() -> None:
    begun = record(row("put-the-code-there", AttemptState.DONE), row("stop", AttemptState.RUNNING), state="rolled back")
    assert not_restored(PAGE, begun) == (
        "“stop” running: ",
        "“database” did not begin",
        "“code” did not begin",
        "“restart” did not begin",
    )


def test_the_newest_attempt_counts() -> None:
    assert not_restored(PAGE, back(FAILED, row("database", AttemptState.DONE, 2))) == ()
    other = said("answer", "database", 1, said="done", reason="by hand")
    second = replace(row("database", AttemptState.FAILED, 2), summary="exit 2")
    assert not_restored(PAGE, back(FAILED, second, facts=(other,))) == ("“database” failed: exit 2",)


def test_what_a_person_fixed_by_hand_is_restored() -> None:
    by_hand = said("answer", "database", 1, said="done", reason="typed it in psql")
    fixed = back(FAILED, facts=(by_hand,))
    assert not_restored(PAGE, fixed) == ()
    assert before_restart(fixed) == {}


@pytest.mark.parametrize("attempt", [row("database", AttemptState.DONE), FAILED])
def test_a_result_that_somebody_refused_is_not_restored_even_if_it_succeeded_or_was_fixed(attempt: Attempt) -> None:
    refused = said("sign", "database", 1, role="dba", said="no", reason="rows are missing")
    answer = said("answer", "database", 1, said="done", reason="later")
    (sentence,) = not_restored(PAGE, back(attempt, facts=(refused, answer)))
    assert sentence == f"“database” refused: {attempt.summary} (done: later)"


def test_before_a_step_what_is_missing_is_named_with_who_must_act() -> None:
    of = back(FAILED, replace(row("code", AttemptState.UNKNOWN), summary="lost"), facts=(SKIP,))
    assert before_restart(of) == {
        "“database” (Database Admin must act)": "“database” failed: exit 1 (skip: by hand later)",
        "“code” (Tech Lead must act)": "“code” unknown: lost",
    }, "the role that the step names, or else the deciding role"


def test_before_a_step_only_steps_above_it_that_have_ended_are_named() -> None:
    assert before_restart(back(FAILED), "database") == {}
    assert before_restart(back(FAILED), "stop") == {}
    assert before_restart(back(row("database", AttemptState.RUNNING))) == {}
    begun = record(row("put-the-code-there", AttemptState.DONE), state="rolling back")
    assert before_restart(begun) == {}, "what has not begun yet is not missing yet"


def test_before_a_step_of_another_part_nothing_is_named() -> None:
    assert before_restart(back(FAILED), "health") == {}


def test_before_a_step_that_has_nothing_to_undo_nothing_is_named() -> None:
    page = read_page(spoil((OLD, lane("database") + lane("code", 'undoes = "put-the-code-there"'))), "small.md")
    of = record(FAILED, state="rolling back")
    assert not_restored_before(page, of, page.step("code")) == {}
