"""The status of a run as a value."""

from __future__ import annotations

from datetime import timedelta

import pytest

from commands.progress.clock import elapsed, watched_time
from commands.progress.step_state import DECISION, WATCH
from commands.report.status import Phase, can_roll_back, progress_bar, status_of
from state.facts import Fact
from state.records import Attempt, AttemptState, Record, RunState
from tests.commands.report.deployed import ALERT, CHECK, DEPLOYED, PAGE
from tests.pages import NOON, SIGNED, record, row, said

READY = row("ready", AttemptState.DONE)
DEPLOY = row("put-the-code-there", AttemptState.DONE)
WATCHING = row(WATCH, AttemptState.RUNNING, after=15)


def phase(*attempts: Attempt, facts: tuple[Fact, ...] = (), state: RunState = RunState.GOING) -> Phase:
    """What is happening in a run with these attempts, twenty minutes past noon."""
    of = record(*attempts, facts=(*SIGNED, *facts), state=state)
    return status_of(PAGE, of, NOON + timedelta(minutes=20)).phase


def test_it_says_where_the_run_is_and_who_is_waited_for() -> None:
    status = status_of(PAGE, record(READY, facts=SIGNED[:1]), NOON + timedelta(minutes=2))
    assert (status.stage, status.doing, status.settled, status.total) == ("Before", "✅ พร้อมไหม (ready?)", 0, 3)
    assert [waiting.roles for waiting in status.waiting] == [("lead",)]
    assert (status.run, status.target, status.release, status.title) == (1, "shop", "main", PAGE.title)
    assert (status.zone, status.role_titles["lead"], status.clock) == (
        "Asia/Bangkok",
        "Tech Lead",
        timedelta(minutes=2),
    )


def test_it_counts_settled_steps() -> None:
    deploying = record(READY, row("put-the-code-there", AttemptState.RUNNING, after=1), facts=SIGNED)
    status = status_of(PAGE, deploying, NOON)
    assert (status.stage, status.doing, status.settled) == ("Deploy", "Put the code there", 1)


def test_it_shows_the_hold_with_its_reason() -> None:
    status = status_of(PAGE, record(READY, facts=(said("hold", person="UDBA", reason="wait"),)), NOON)
    assert (status.held_by, status.hold_reason) == ("UDBA", "wait")
    free = status_of(PAGE, record(READY), NOON)
    assert (free.held_by, free.hold_reason) == ("", "")


def test_during_a_rollback_it_shows_the_time_left_and_counts_its_steps() -> None:
    of = record(DEPLOY, facts=(said("rollback", reason="too slow"),), state=RunState.ROLLING_BACK)
    status = status_of(PAGE, of, NOON + timedelta(minutes=4))
    assert (status.rollback_left, status.rollback_reason, status.total) == (timedelta(minutes=11), "too slow", 1)
    assert status_of(PAGE, of, NOON + timedelta(minutes=16)).rollback_left == -timedelta(minutes=1)
    undoing = record(
        *of.attempts, row("put-the-old-code-back", AttemptState.RUNNING), facts=of.facts, state=of.run.state
    )
    status = status_of(PAGE, undoing, NOON)
    assert (status.stage, status.doing) == ("Rollback", "Put the old code back")


def test_after_a_rollback_there_is_no_time_left_to_show() -> None:
    ended = {"state": RunState.ROLLED_BACK, "ended_at": NOON}
    assert status_of(PAGE, record(DEPLOY, facts=(said("rollback"),), **ended), NOON).rollback_left is None


def test_a_rollback_step_that_is_over_its_share_of_the_time_is_slow() -> None:
    undoing = row("put-the-old-code-back", AttemptState.RUNNING)
    of = record(DEPLOY, undoing, facts=(said("rollback"),), state=RunState.ROLLING_BACK)
    assert status_of(PAGE, of, NOON + timedelta(minutes=14)).slow_steps == ()
    (slow,) = status_of(PAGE, of, NOON + timedelta(minutes=16)).slow_steps
    assert (slow.title, slow.excess) == ("Put the old code back", "1 min over its share of 15 min")


def test_steps_of_the_rollback_with_nothing_to_undo_are_not_counted() -> None:
    of = record(READY, facts=(said("rollback"),), state=RunState.ROLLED_BACK)
    status = status_of(PAGE, of, NOON)
    assert (status.settled, status.total, status.stage, status.doing) == (0, 0, "Rolled back", "")


def test_the_newest_result_of_each_check_is_shown() -> None:
    samples = (row(CHECK, AttemptState.DONE, 1, after=15), row(CHECK, AttemptState.FAILED, 2, after=30))
    status = status_of(PAGE, record(*DEPLOYED, WATCHING, *samples, facts=SIGNED), NOON)
    assert [(check.good, check.attempt) for check in status.checks] == [(False, 2)]


def test_the_clock_counts_the_watch_at_its_planned_speed() -> None:
    of = record(READY, row(WATCH, AttemptState.RUNNING, after=10), speed=60.0)
    assert elapsed(of, NOON + timedelta(minutes=11)) == timedelta(minutes=70)
    assert status_of(PAGE, of, NOON + timedelta(minutes=11)).clock == timedelta(minutes=70)


@pytest.mark.parametrize(("after", "watched"), [(10, 0), (11, 30), (12, 60), (13, 60)])
def test_the_watch_is_over_after_its_time_in_its_own_speed(after: int, watched: int) -> None:
    of = record(row(WATCH, AttemptState.RUNNING, after=10), speed=30.0)
    now = NOON + timedelta(minutes=after)
    assert watched_time(PAGE, of, now) == timedelta(minutes=watched)
    status = status_of(PAGE, of, now)
    assert (status.watched, status.watch_lasts) == (timedelta(minutes=watched), timedelta(hours=1))


def test_before_the_watch_nothing_is_watched() -> None:
    assert watched_time(PAGE, record(READY), NOON) is None


def test_during_the_watch_the_running_checks_are_named() -> None:
    first, other = row(CHECK, AttemptState.RUNNING, after=16), row("health", AttemptState.RUNNING, after=16)
    idle = status_of(PAGE, record(*DEPLOYED, WATCHING, facts=SIGNED), NOON)
    assert (idle.stage, idle.doing) == ("Watch", "")
    one = status_of(PAGE, record(*DEPLOYED, WATCHING, first, facts=SIGNED), NOON)
    assert one.doing == "Response time"
    two = status_of(PAGE, record(*DEPLOYED, WATCHING, first, other, facts=SIGNED), NOON)
    assert two.doing == "Response time and 1 more"


def test_the_decision_says_that_checks_continue_and_what_keep_waits_for() -> None:
    over = (*DEPLOYED, row(WATCH, AttemptState.DONE, after=15), row(DECISION, AttemptState.RUNNING, after=75))
    pending = status_of(PAGE, record(*over, facts=SIGNED), NOON)
    assert pending.stage == "Decision"
    assert pending.doing == "KEEP or ROLLBACK; the checks continue until then, and alerts count"
    kept = status_of(PAGE, record(*over, facts=(*SIGNED, said("keep"))), NOON)
    assert (kept.stage, kept.doing) == ("Decision", "KEEP was decided; the running checks finish first")


# -- the phase ----------------------------------------------------------------------------------------------------


def test_the_phase_follows_the_run_forward() -> None:
    assert phase() == Phase.DEPLOYING
    assert status_of(PAGE, record(READY), NOON).phase == Phase.NEEDS_SIGNATURE
    failed = row("put-the-code-there", AttemptState.FAILED)
    assert phase(READY, failed) == Phase.NEEDS_ANSWER
    assert phase(*DEPLOYED, WATCHING) == Phase.WATCHING
    asked = said("early keep", reason="quiet")
    assert phase(*DEPLOYED, WATCHING, facts=(asked,)) == Phase.NEEDS_SECOND_PERSON
    decision = (row(WATCH, AttemptState.DONE, after=15), row(DECISION, AttemptState.RUNNING, after=20))
    assert phase(*DEPLOYED, *decision) == Phase.NEEDS_DECISION
    assert phase(*DEPLOYED, *decision, facts=(said("keep"),)) == Phase.KEEPING


def test_an_alert_is_more_urgent_than_a_hold_and_a_hold_than_a_question() -> None:
    countdown, hold = said("countdown", ALERT, after=20, reason="9 s"), said("hold")
    assert phase(*DEPLOYED, WATCHING, facts=(countdown,)) == Phase.ALERT
    assert phase(*DEPLOYED, WATCHING, facts=(countdown, hold)) == Phase.ALERT
    assert phase(READY, row("put-the-code-there", AttemptState.FAILED), facts=(hold,)) == Phase.ON_HOLD
    assert phase(*DEPLOYED, WATCHING, facts=(countdown, said("rollback", after=20))) == Phase.STOPPING


def test_the_phase_follows_the_rollback() -> None:
    back = (said("rollback"),)
    assert phase(DEPLOY, facts=back) == Phase.STOPPING
    assert phase(DEPLOY, facts=back, state=RunState.ROLLING_BACK) == Phase.ROLLING_BACK
    failed = row("put-the-old-code-back", AttemptState.FAILED)
    assert phase(DEPLOY, failed, facts=back, state=RunState.ROLLING_BACK) == Phase.ROLLBACK_WAITS
    undone = row("put-the-old-code-back", AttemptState.DONE)
    assert phase(DEPLOY, undone, facts=back, state=RunState.ROLLED_BACK) == Phase.ROLLED_BACK
    skipped = (*back, said("answer", "put-the-old-code-back", 1, said="skip", reason="tomorrow"))
    assert phase(DEPLOY, failed, facts=skipped, state=RunState.ROLLED_BACK) == Phase.PARTLY_ROLLED_BACK


@pytest.mark.parametrize(
    ("state", "expected"),
    [(RunState.KEPT, Phase.KEPT), (RunState.ABORTED, Phase.ABORTED), (RunState.ENDED, Phase.ENDED)],
)
def test_a_run_that_is_over_is_in_its_last_phase(state: RunState, expected: Phase) -> None:
    assert phase(DEPLOY, state=state) == expected


@pytest.mark.parametrize(
    ("facts", "state", "expected"),
    [
        ((), RunState.GOING, True),
        ((said("rollback"),), RunState.GOING, False),
        ((said("keep"),), RunState.GOING, False),
        ((), RunState.ROLLING_BACK, False),
        ((), RunState.KEPT, False),
    ],
)
def test_a_rollback_is_possible_until_it_is_requested_or_keep_is_decided(
    facts: tuple[Fact, ...], state: RunState, expected: bool
) -> None:
    of: Record = record(facts=facts, state=state)
    assert can_roll_back(of) is expected
    assert status_of(PAGE, of, NOON).can_roll_back is expected


def test_the_bar_is_full_only_when_all_is_settled() -> None:
    assert progress_bar(0, 4, 4) == "▱▱▱▱"
    assert progress_bar(3, 4, 4) == "▰▰▰▱"
    assert progress_bar(4, 4, 4) == "▰▰▰▰"
    assert progress_bar(0, 0, 4) == "▱▱▱▱"
    assert len(progress_bar(1, 3)) == 12
