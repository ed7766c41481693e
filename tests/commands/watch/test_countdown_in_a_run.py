"""A countdown and the rest of the run: the watch continues, and the run waits for its end."""

from __future__ import annotations

from datetime import timedelta

import pytest

from commands.progress.step_state import DECISION, WATCH
from commands.run.decide import decide
from commands.run.instructions import BeginStep, Instruction, RequestRollback, Wait
from commands.signoff.waiting import waiting_for
from commands.watch.countdown import CancelCountdown, CountdownExpired, StartCountdown
from state.facts import Fact
from state.records import Attempt, AttemptState, Record
from tests.commands.watch.watched import ALERT, CHECK, PAGE
from tests.pages import NOON, SIGNED, record, row, said, small

BEFORE = (
    row("ready", AttemptState.DONE),
    row("put-the-code-there", AttemptState.DONE, after=1),
    row("health", AttemptState.DONE, after=2),
)
# the watch starts three minutes past noon, and its first sample is taken then
SLOW = (
    row(CHECK, AttemptState.DONE, 1, after=3, seconds=9.0),
    row(CHECK, AttemptState.DONE, 2, after=18, seconds=8.0),
)
GOOD = row(CHECK, AttemptState.DONE, 3, after=33, seconds=0.2)


def watched(*attempts: Attempt, facts: tuple[Fact, ...] = (), speed: float = 1.0) -> Record:
    """A run whose watch has started."""
    watch = row(WATCH, AttemptState.RUNNING, after=3)
    return record(*BEFORE, watch, *attempts, facts=(*SIGNED, *facts), speed=speed)


def next_act(of: Record, minutes: float) -> Instruction:
    """What the run does so many minutes past noon."""
    return decide(PAGE, of, NOON + timedelta(minutes=minutes))


def started(minutes: float) -> Fact:
    """The alert's first countdown."""
    return said("countdown", ALERT, 1, after=minutes, reason="8 s (limit: above 5 s)")


def hold(minutes: float, lasts: str = "30 min") -> Fact:
    """The hold of the first countdown as a false alarm."""
    return said("false alarm", ALERT, 1, after=minutes, said=lasts, reason="a load test", person="ULEAD")


def test_an_alert_starts_a_countdown_and_does_not_roll_back_at_once() -> None:
    start = next_act(watched(*SLOW), 19)
    assert isinstance(start, StartCountdown)
    assert (start.raised.alert.name, start.number) == (ALERT, 1)


def test_the_watch_continues_during_a_countdown_which_then_rolls_back() -> None:
    counting = watched(*SLOW, facts=(started(19),))
    assert next_act(counting, 19.5) == Wait(NOON + timedelta(minutes=20))
    expired = next_act(counting, 20)
    assert isinstance(expired, CountdownExpired)
    assert "8 s (limit: above 5 s)" in expired.countdown.summary
    late = watched(*SLOW, facts=(started(32.5),))
    assert isinstance(next_act(late, 33.2), BeginStep), "a sample that is due during the countdown is not taken"


def test_the_run_does_not_end_during_a_countdown() -> None:
    last = (
        row(CHECK, AttemptState.DONE, 4, after=62, seconds=9.0),
        row(CHECK, AttemptState.DONE, 5, after=62.5, seconds=9.0),
    )
    counting = watched(*last, facts=(started(62.6),))
    assert next_act(counting, 63.4) == Wait(NOON + timedelta(minutes=63.6))


def test_a_sample_missed_during_the_countdown_does_not_end_it() -> None:
    worse = row(CHECK, AttemptState.DONE, 4, after=19.4, seconds=9.0)
    assert next_act(watched(*SLOW, worse, facts=(started(19),)), 19.5) == Wait(NOON + timedelta(minutes=20))


def test_checks_continue_during_a_countdown_beyond_the_end_of_the_watch() -> None:
    counting = watched(*SLOW, facts=(started(62.9),))
    assert isinstance(next_act(counting, 63.1), BeginStep), "the sample that could end the countdown is not taken"


def test_an_error_that_returns_fast_does_not_cancel_a_countdown_for_slowness() -> None:
    refused = row(CHECK, AttemptState.FAILED, 3, after=33, seconds=0.001)
    assert not isinstance(next_act(watched(*SLOW, refused, facts=(started(32.9),)), 33.2), CancelCountdown)
    assert isinstance(next_act(watched(*SLOW, GOOD, facts=(started(32.9),)), 33.2), CancelCountdown)


def test_during_a_hold_the_run_waits_for_its_next_check() -> None:
    assert next_act(watched(*SLOW, facts=(started(19), hold(19.5))), 25) == Wait(NOON + timedelta(minutes=33))


def test_after_the_hold_only_a_new_sample_starts_another_countdown() -> None:
    during = row(CHECK, AttemptState.DONE, 3, after=33, seconds=9.0)
    facts = (started(19), hold(19.5))
    assert isinstance(next_act(watched(*SLOW, during, facts=facts), 50), BeginStep), (
        "a sample taken during the hold starts no countdown"
    )
    after = row(CHECK, AttemptState.DONE, 4, after=50, seconds=9.0)
    again = next_act(watched(*SLOW, during, after, facts=facts), 51)
    assert isinstance(again, StartCountdown)
    assert again.number == 2


def test_a_hold_may_outlast_the_watch() -> None:
    slow = [row(CHECK, AttemptState.DONE, n, after=15 * n - 12, seconds=9.0) for n in (3, 4)]
    facts = (*SIGNED, started(49), hold(49.5, lasts="1 h"))
    watch, decision = row(WATCH, AttemptState.DONE, after=3), row(DECISION, AttemptState.RUNNING, after=63)
    over = record(*BEFORE, watch, decision, *slow, facts=facts)
    check = next_act(over, 111)
    assert isinstance(check, BeginStep)
    assert check.step.id == CHECK
    before = row(CHECK, AttemptState.DONE, 7, after=94, seconds=9.0)
    again = row(CHECK, AttemptState.DONE, 8, after=111, seconds=9.0)
    assert isinstance(next_act(record(*over.attempts, before, again, facts=facts), 112), StartCountdown)


def test_an_alert_that_recovers_rolls_nothing_back_and_may_be_raised_again() -> None:
    assert isinstance(next_act(watched(*SLOW, GOOD, facts=(started(32.5),)), 33.1), CancelCountdown)
    facts = (started(32.5), said("recovered", ALERT, 1, after=33.1))
    assert next_act(watched(*SLOW, GOOD, facts=facts), 34) == Wait(NOON + timedelta(minutes=48))
    worse = [row(CHECK, AttemptState.DONE, n, after=18 + n * 10, seconds=9.0) for n in (4, 5)]
    assert isinstance(next_act(watched(*SLOW, GOOD, *worse, facts=facts), 69), StartCountdown)


def test_the_roles_that_an_alert_calls_can_hold_it_and_the_deciding_role_always_can() -> None:
    (waiting,) = waiting_for(PAGE, watched(*SLOW, facts=(started(19),)))
    assert (waiting.ask, waiting.step, waiting.roles) == ("countdown", ALERT, ("lead",))
    assert not waiting_for(PAGE, watched(*SLOW, facts=(started(19), said("rollback"))))


def test_an_alert_starts_no_countdown_during_a_rollback() -> None:
    facts = (*SIGNED, said("rollback"))
    watch = row(WATCH, AttemptState.RUNNING, after=3)
    assert isinstance(next_act(record(*BEFORE, watch, *SLOW, facts=facts, state="rolling back"), 19), BeginStep)


@pytest.mark.parametrize("state", [AttemptState.FAILED, AttemptState.UNKNOWN])
def test_an_unreachable_check_never_rolls_back_even_where_a_failure_does(state: AttemptState) -> None:
    page = small(**{'on_failure = "tell"': 'on_failure = "roll back"'})
    blind = row(CHECK, state, after=3)
    blind.outcome["inconclusive"] = True
    assert isinstance(decide(page, watched(blind), NOON + timedelta(minutes=4)), Wait)
    bad = row(CHECK, AttemptState.FAILED, after=3)
    assert isinstance(decide(page, watched(bad), NOON + timedelta(minutes=4)), RequestRollback)
