"""The countdown of an alert: it starts, is held, is cancelled, or expires and rolls back."""

from __future__ import annotations

from datetime import timedelta

import pytest

from commands.watch.countdown import (
    CountdownExpired,
    StartCountdown,
    countdowns,
    newest_countdown,
    running_countdowns,
    time_left,
)
from state.records import RunState
from tests.commands.watch.counting import RULE, SLOW, SUMMARY, TWO_ALERTS, at, cancelled, due, hold, started
from tests.commands.watch.watched import (
    ALERT,
    PAGE,
    failed,
    slow,
    with_alerts,
)
from tests.pages import record, said

# -- it starts --------------------------------------------------------------------------------------------------------


def test_a_raised_alert_starts_its_first_countdown() -> None:
    start = due(31, *SLOW)
    assert isinstance(start, StartCountdown)
    assert (start.raised.alert, start.raised.value, start.number) == (RULE, 9.0, 1)


def test_without_a_raised_alert_there_is_nothing_to_do() -> None:
    assert due(31) is None
    assert due(31, *slow(1)) is None, "one sample of two is a warning"


def test_after_keep_nothing_is_rolled_back_by_itself() -> None:
    assert due(31, *SLOW, facts=(said("keep"),)) is None
    assert due(40, *SLOW, facts=(started(31), said("keep"))) is None


@pytest.mark.parametrize("state", [RunState.ROLLING_BACK, RunState.KEPT, RunState.ENDED])
def test_a_run_that_is_not_going_counts_nothing_down(state: RunState) -> None:
    assert due(31, *SLOW, state=state) is None
    assert due(31, *SLOW, facts=(started(31),), state=state) is None


def test_a_running_countdown_is_not_started_again() -> None:
    assert due(31.5, *SLOW, facts=(started(31),)) == at(32)
    assert due(31.5, *slow(1, 2, 3), facts=(started(31),)) == at(32)


# -- it expires -------------------------------------------------------------------------------------------------------


def test_a_countdown_expires_when_its_time_is_over_and_not_before() -> None:
    counting = (started(31),)
    assert due(31, *SLOW, facts=counting) == at(32)
    assert due(31.99, *SLOW, facts=counting) == at(32)
    expired = due(32, *SLOW, facts=counting)
    assert isinstance(expired, CountdownExpired)
    assert (expired.countdown.alert, expired.countdown.summary) == (RULE, SUMMARY)
    assert isinstance(due(40, *SLOW, facts=counting), CountdownExpired), "the bot was away meanwhile"


def test_after_a_rollback_request_no_countdown_runs() -> None:
    facts = (started(31), said("rollback"))
    assert running_countdowns(PAGE, record(*SLOW, facts=facts)) == ()
    assert due(40, *SLOW, facts=facts) is None


def test_two_alerts_count_down_side_by_side_and_the_first_to_expire_decides() -> None:
    page = with_alerts(TWO_ALERTS)
    down = failed(2, seconds=9.0, failed=1.0)
    second = due(31, down, facts=(started(31),), page=page)
    assert isinstance(second, StartCountdown)
    assert (second.raised.alert.name, second.number) == ("Not answered", 1)
    both = (started(31), started(31.1, alert="Not answered"))
    soon = at(31.1) + timedelta(seconds=10)
    assert due(31.2, down, facts=both, page=page) == soon
    expired = due(31.3, down, facts=both, page=page)
    assert isinstance(expired, CountdownExpired)
    assert expired.countdown.alert.name == "Not answered"
    later = (started(31, alert="Not answered"), started(30, alert=ALERT))
    expired = due(31.05, down, facts=later, page=page)
    assert isinstance(expired, CountdownExpired)
    assert expired.countdown.alert.name == ALERT, "it was started a minute before"


# -- as a value -------------------------------------------------------------------------------------------------------


def test_an_alert_without_a_countdown_has_none() -> None:
    assert newest_countdown(RULE, record(*SLOW)) is None
    assert countdowns(PAGE, record(*SLOW)) == ()
    assert newest_countdown(RULE, record(facts=(started(31, alert="another"),))) is None


def test_a_countdown_knows_when_it_ends_and_how() -> None:
    (running,) = countdowns(PAGE, record(facts=(started(31),)))
    assert (running.number, running.ends_at, running.summary) == (1, at(32), SUMMARY)
    assert (running.hold, running.held_until, running.cancelled_at, running.cancel_reason) == (None, None, None, "")
    assert (running.running, running.over_at) == (True, at(32))
    fact = hold(31.5)
    (held,) = countdowns(PAGE, record(facts=(started(31), fact)))
    assert (held.hold, held.held_until, held.running, held.over_at) == (fact, at(61.5), False, at(61.5))
    (over,) = countdowns(PAGE, record(facts=(started(31), cancelled(31.5))))
    assert (over.cancelled_at, over.cancel_reason, over.running) == (at(31.5), "fast again", False)
    assert over.over_at == at(31.5)


def test_facts_of_another_alert_or_number_do_not_matter() -> None:
    others = (
        said("false alarm", "another", 1, after=31.5, said="30 min"),
        said("recovered", "another", 1, after=31.5),
        hold(31.5, number=7),
        cancelled(31.5, number=7),
    )
    (running,) = countdowns(PAGE, record(facts=(started(31), *others)))
    assert running.running


def test_countdowns_come_in_the_order_of_the_table() -> None:
    page = with_alerts(TWO_ALERTS)
    both = record(facts=(started(31, alert="Not answered"), started(32)))
    assert [one.alert.name for one in countdowns(page, both)] == [ALERT, "Not answered"]
    assert [one.ends_at for one in running_countdowns(page, both)] == [at(33), at(31) + timedelta(seconds=10)]


def test_the_time_left_is_never_negative() -> None:
    (running,) = countdowns(PAGE, record(facts=(started(31),)))
    assert time_left(running, at(31.5)) == timedelta(seconds=30)
    assert time_left(running, at(33)) == timedelta(0)
