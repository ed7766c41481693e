"""What the card and the terminal say of a run."""

from __future__ import annotations

from datetime import timedelta

from commands.progress.clock import elapsed
from commands.progress.step_state import WATCH
from commands.report.status import progress_bar, status_lines, status_of
from state.records import AttemptState
from tests.pages import NOON, SIGNED, record, row, said, small

PAGE = small()
READY = row("ready", AttemptState.DONE)


def test_it_says_where_the_run_is_and_who_is_waited_for() -> None:
    status = status_of(PAGE, record(READY, facts=SIGNED[:1]), NOON + timedelta(minutes=2))
    assert (status.stage, status.settled, status.total) == ("Before", 0, 3)
    assert [waiting.roles for waiting in status.waiting] == [("lead",)]
    assert "Waiting for lead: ✅ พร้อมไหม (ready?)" in status_lines(status)


def test_it_counts_settled_steps() -> None:
    status = status_of(
        PAGE, record(READY, row("put-the-code-there", AttemptState.RUNNING, after=1), facts=SIGNED), NOON
    )
    assert (status.stage, status.doing, status.settled) == ("Deploy", "Put the code there", 1)


def test_it_shows_the_hold_with_its_reason() -> None:
    hold = said("hold", person="UDBA")
    assert status_of(PAGE, record(READY, facts=(hold,)), NOON).held_by == "UDBA"


def test_rolling_back_it_shows_the_time_left() -> None:
    of = record(row("put-the-code-there", AttemptState.DONE), facts=(said("rollback"),), state="rolling back")
    status = status_of(PAGE, of, NOON + timedelta(minutes=4))
    assert status.rollback_left == timedelta(minutes=11)
    assert status.total == 1


def test_rolled_back_it_names_what_was_not_restored() -> None:
    of = record(
        row("put-the-code-there", AttemptState.DONE),
        row("put-the-old-code-back", AttemptState.FAILED),
        facts=(said("rollback"), said("answer", "put-the-old-code-back", 1, said="skip", reason="tomorrow")),
        state="rolled back",
    )
    assert any(
        line.startswith("NOT restored: “Put the old code back”") for line in status_lines(status_of(PAGE, of, NOON))
    )


def test_rolling_back_it_names_the_step_that_is_over_its_share_of_the_time() -> None:
    of = record(
        row("put-the-code-there", AttemptState.DONE),
        row("put-the-old-code-back", AttemptState.RUNNING),
        facts=(said("rollback"),),
        state="rolling back",
    )
    assert status_of(PAGE, of, NOON + timedelta(minutes=14)).late == ()
    words = status_lines(status_of(PAGE, of, NOON + timedelta(minutes=16)))
    assert "1 min over the time that it may take" in words
    assert "Put the old code back is 1 min over its share of 15 min" in words


def test_steps_of_the_rollback_with_nothing_to_undo_are_not_counted() -> None:
    of = record(READY, facts=(said("rollback"),), state="rolled back")
    assert (status_of(PAGE, of, NOON).settled, status_of(PAGE, of, NOON).total) == (0, 0)


def test_the_newest_result_of_each_check_is_shown() -> None:
    rows = (
        READY,
        row(WATCH, AttemptState.RUNNING, after=1),
        row("response-time", AttemptState.DONE, 1, after=1),
        row("response-time", AttemptState.FAILED, 2, after=16),
    )
    status = status_of(PAGE, record(*rows, facts=SIGNED), NOON)
    assert [check.good for check in status.checks] == [False]


def test_the_clock_runs_in_the_pages_time() -> None:
    of = record(READY, row(WATCH, AttemptState.RUNNING, after=10), speed=60.0)
    assert elapsed(of, NOON + timedelta(minutes=11)) == timedelta(minutes=70)


def test_the_bar_is_full_only_when_all_is_settled() -> None:
    assert progress_bar(0, 4, 4) == "▱▱▱▱"
    assert progress_bar(3, 4, 4) == "▰▰▰▱"
    assert progress_bar(4, 4, 4) == "▰▰▰▰"
