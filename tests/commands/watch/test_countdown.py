"""An alert's countdown, asked of records laid out by hand: it begins, is held, is over by itself, or rolls back at zero."""

from __future__ import annotations

from datetime import timedelta

import pytest

from commands.progress.step_state import DECISION, WATCH
from commands.run.decide import BeginStep, Instruction, RequestRollback, Wait, decide
from commands.signoff.waiting import waiting_for
from commands.watch.countdown import CancelCountdown, CountdownExpired, StartCountdown, held_alerts, running_countdowns
from state.facts import Fact
from state.records import Attempt, AttemptState, Record
from tests.pages import NOON, SIGNED, record, row, said, small

PAGE = small()
ALERT = "API response > 5 s"
BEFORE = (
    row("ready", AttemptState.DONE),
    row("put-the-code-there", AttemptState.DONE, after=1),
    row("health", AttemptState.DONE, after=2),
)
SLOW = (
    row("response-time", AttemptState.DONE, 1, after=3, seconds=9.0),
    row("response-time", AttemptState.DONE, 2, after=18, seconds=8.0),
)
GOOD = row("response-time", AttemptState.DONE, 3, after=33, seconds=0.2)


def watched(*rows: Attempt, facts: tuple[Fact, ...] = (), speed: float = 1.0) -> Record:
    """A run that is being watched since three minutes past noon."""
    return record(*BEFORE, row(WATCH, AttemptState.RUNNING, after=3), *rows, facts=(*SIGNED, *facts), speed=speed)


def following(of: Record, minutes: float) -> Instruction:
    return decide(PAGE, of, NOON + timedelta(minutes=minutes))


def begun(minutes: float, number: int = 1) -> Fact:
    return said("countdown", ALERT, number, after=minutes, reason="8 s (limit: above 5 s)")


def false_alarm(minutes: float, number: int = 1, lasts: str = "30 min") -> Fact:
    return said("false alarm", ALERT, number, after=minutes, said=lasts, reason="a load test", person="ULEAD")


def test_an_alert_begins_to_count_down_and_does_not_roll_back_at_once() -> None:
    answer = following(watched(*SLOW), 19)
    assert isinstance(answer, StartCountdown)
    assert (answer.raised.alert.name, answer.number) == (ALERT, 1)


def test_while_it_counts_the_watch_goes_on_and_at_zero_it_rolls_back() -> None:
    counting = watched(*SLOW, facts=(begun(19),))
    assert following(counting, 19.5) == Wait(NOON + timedelta(minutes=20))
    answer = following(counting, 20)
    assert isinstance(answer, CountdownExpired)
    assert "8 s (limit: above 5 s)" in answer.countdown.seen
    late = watched(*SLOW, facts=(begun(32.5),))
    assert isinstance(following(late, 33.2), BeginStep), "a check that is due while it counts is made"


def test_the_run_does_not_end_while_it_counts() -> None:
    last = (
        row("response-time", AttemptState.DONE, 4, after=62, seconds=9.0),
        row("response-time", AttemptState.DONE, 5, after=62.5, seconds=9.0),
    )
    counting = watched(*last, facts=(begun(62.6),))
    assert following(counting, 63.4) == Wait(NOON + timedelta(minutes=63.6))


def test_a_look_that_was_missed_while_it_counts_ends_no_countdown() -> None:
    worse = row("response-time", AttemptState.DONE, 4, after=19.4, seconds=9.0)
    assert following(watched(*SLOW, worse, facts=(begun(19),)), 19.5) == Wait(NOON + timedelta(minutes=20))


def test_the_checks_go_on_while_it_counts_beyond_the_end_of_the_watch() -> None:
    counting = watched(*SLOW, facts=(begun(62.9),), speed=1.0)
    assert isinstance(following(counting, 63.1), BeginStep), "the look that could end it is not made"


def test_a_look_that_fails_fast_does_not_end_a_countdown_for_slowness() -> None:
    refused = row("response-time", AttemptState.FAILED, 3, after=33, seconds=0.001)
    assert not isinstance(following(watched(*SLOW, refused, facts=(begun(32.9),)), 33.2), CancelCountdown)
    assert isinstance(following(watched(*SLOW, GOOD, facts=(begun(32.9),)), 33.2), CancelCountdown)


def test_a_hold_stops_it_and_is_shown_until_its_end() -> None:
    held = watched(*SLOW, facts=(begun(19), false_alarm(19.5)))
    assert following(held, 25) == Wait(NOON + timedelta(minutes=33))
    assert not running_countdowns(PAGE, held)
    assert [one.alert.name for one in held_alerts(PAGE, held, NOON + timedelta(minutes=49))] == [ALERT]
    assert held_alerts(PAGE, held, NOON + timedelta(minutes=50)) == ()


def test_after_the_hold_only_a_new_measurement_rings_again() -> None:
    during = row("response-time", AttemptState.DONE, 3, after=33, seconds=9.0)
    facts = (begun(19), false_alarm(19.5))
    assert isinstance(following(watched(*SLOW, during, facts=facts), 50), BeginStep), (
        "what was measured during the hold is held"
    )
    after = row("response-time", AttemptState.DONE, 4, after=50, seconds=9.0)
    again = following(watched(*SLOW, during, after, facts=facts), 51)
    assert isinstance(again, StartCountdown)
    assert again.number == 2


def test_a_hold_that_outlasts_the_watch_ends_as_every_other_one() -> None:
    slow = [row("response-time", AttemptState.DONE, n, after=15 * n - 12, seconds=9.0) for n in (3, 4)]
    facts = (begun(49), false_alarm(49.5, lasts="1 h"))
    over = record(
        *BEFORE,
        row(WATCH, AttemptState.DONE, after=3),
        row(DECISION, AttemptState.RUNNING, after=63),
        *slow,
        facts=(*SIGNED, *facts),
    )
    later = following(over, 111)
    assert isinstance(later, BeginStep)
    assert later.step.id == "response-time"
    again = row("response-time", AttemptState.DONE, 8, after=111, seconds=9.0)
    before = row("response-time", AttemptState.DONE, 7, after=94, seconds=9.0)
    rows = (*over.attempts, before, again)
    assert isinstance(following(record(*rows, facts=(*SIGNED, *facts)), 112), StartCountdown)


def test_a_hold_lasts_as_long_in_a_rehearsal_as_the_watch_does() -> None:
    held = watched(*SLOW, facts=(begun(19), false_alarm(19.5)), speed=60.0)
    assert held_alerts(PAGE, held, NOON + timedelta(minutes=19.9))
    assert not held_alerts(PAGE, held, NOON + timedelta(minutes=20.1))


def test_an_alert_that_is_over_before_zero_rolls_nothing_back_and_may_ring_again() -> None:
    over = watched(*SLOW, GOOD, facts=(begun(32.5),))
    assert isinstance(following(over, 33.1), CancelCountdown)
    facts = (begun(32.5), said("recovered", ALERT, 1, after=33.1))
    assert following(watched(*SLOW, GOOD, facts=facts), 34) == Wait(NOON + timedelta(minutes=48))
    worse = [row("response-time", AttemptState.DONE, n, after=18 + n * 10, seconds=9.0) for n in (4, 5)]
    again = following(watched(*SLOW, GOOD, *worse, facts=facts), 69)
    assert isinstance(again, StartCountdown)


def test_who_is_called_may_hold_and_the_deciding_role_always() -> None:
    (waiting,) = waiting_for(PAGE, watched(*SLOW, facts=(begun(19),)))
    assert (waiting.ask, waiting.step, waiting.roles) == ("countdown", ALERT, ("lead",))
    assert not waiting_for(PAGE, watched(*SLOW, facts=(begun(19), said("rollback"))))


def test_two_alerts_count_side_by_side_and_the_first_at_zero_decides() -> None:
    second = """in_a_row = 2

[[alert]]
name = "Not answered"
check = "response-time"
measure = "failed"
above = 0.5
countdown = "10 s"
"""
    page = small(**{"in_a_row = 2": second})
    rows = [
        row("response-time", AttemptState.FAILED, n, after=after, seconds=9.0, failed=1.0)
        for n, after in ((1, 3), (2, 18))
    ]
    first = begun(19)
    now = NOON + timedelta(minutes=19)
    answer = decide(page, watched(*rows, facts=(first,)), now)
    assert isinstance(answer, StartCountdown)
    assert answer.raised.alert.name == "Not answered"
    both = watched(*rows, facts=(first, said("countdown", "Not answered", 1, after=19.1, reason="1")))
    answer = decide(page, both, now + timedelta(seconds=17))
    assert isinstance(answer, CountdownExpired)
    assert answer.countdown.alert.name == "Not answered"


def test_an_alert_while_it_rolls_back_rings_no_more() -> None:
    back = record(
        *BEFORE,
        row(WATCH, AttemptState.RUNNING, after=3),
        *SLOW,
        facts=(*SIGNED, said("rollback")),
        state="rolling back",
    )
    assert isinstance(following(back, 19), BeginStep)


@pytest.mark.parametrize("state", ["unasked", "unknown"])
def test_what_could_not_be_asked_never_rolls_back_even_where_a_failure_would(state: str) -> None:
    page = small(**{'on_failure = "tell"': 'on_failure = "roll back"'})
    blind = row("response-time", AttemptState.FAILED, after=3)
    blind.outcome["inconclusive"] = True
    answer = decide(page, watched(blind), NOON + timedelta(minutes=4))
    assert isinstance(answer, Wait), state
    bad = row("response-time", AttemptState.FAILED, after=3)
    assert isinstance(decide(page, watched(bad), NOON + timedelta(minutes=4)), RequestRollback)
