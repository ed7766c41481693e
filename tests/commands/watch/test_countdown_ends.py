"""A countdown that ends without a rollback: cancelled, or held as a false alarm."""

from __future__ import annotations

import pytest

from commands.watch.countdown import (
    CancelCountdown,
    StartCountdown,
    due_countdown,
    held_alerts,
    newest_countdown,
    running_countdowns,
)
from state.records import RunState
from tests.commands.watch import stand_in
from tests.commands.watch.counting import RULE, SLOW, TWO_ALERTS, at, cancelled, due, hold, started
from tests.commands.watch.watched import (
    ALERT,
    IN_A_ROW,
    PAGE,
    baseline,
    failed,
    sample,
    slow,
    unreachable,
    with_alerts,
    with_limits,
)
from tests.pages import record, said

# -- it is cancelled --------------------------------------------------------------------------------------------------


def test_a_value_back_within_the_limit_cancels_the_countdown() -> None:
    cancel = due(45.5, *SLOW, sample(3, seconds=0.2), facts=(started(45),))
    assert isinstance(cancel, CancelCountdown)
    assert (cancel.countdown.alert, cancel.why) == (RULE, "back within the limit before the countdown expired")
    assert isinstance(due(60, *SLOW, sample(3, seconds=0.2), facts=(started(45),)), CancelCountdown), (
        "a countdown that is both recovered and over does not roll back"
    )


def test_a_value_in_the_warning_band_cancels_the_countdown() -> None:
    assert isinstance(due(45.5, *SLOW, sample(3, seconds=2.0), facts=(started(45),)), CancelCountdown)


def test_a_missed_sample_cancels_no_countdown() -> None:
    assert due(45.5, *SLOW, *slow(4), facts=(started(45),)) == at(46)


def test_a_sample_without_a_value_cancels_no_countdown() -> None:
    assert due(45.5, *SLOW, unreachable(3), facts=(started(45),)) == at(46)


def test_an_error_that_returns_fast_is_no_recovery() -> None:
    refused = failed(3, seconds=0.001)
    assert due(45.5, *SLOW, refused, facts=(started(45),)) == at(46)
    assert isinstance(due(45.5, *SLOW, refused, sample(4, seconds=0.2), facts=(started(45),)), CancelCountdown)
    assert due(45.5, *SLOW, failed(3, seconds=8.0), refused, facts=(started(45),)) == at(46)
    slow_error = failed(3, seconds=2.0)
    assert isinstance(due(45.5, *SLOW, slow_error, facts=(started(45),)), CancelCountdown), (
        "an error in the warning band is not over the alert limit any more"
    )


def test_a_countdown_is_judged_beside_the_baseline() -> None:
    page = with_limits(f"above = 5.0\ntimes_baseline = 2.0\n{IN_A_ROW}")
    rows = (baseline(seconds=4.0), *SLOW)
    assert due(31.5, *rows, *slow(4, seconds=9.5), facts=(started(31),), page=page) == at(32)
    assert isinstance(due(31.5, *rows, *slow(4, seconds=7.0), facts=(started(31),), page=page), CancelCountdown)


def test_with_two_countdowns_the_one_that_recovered_is_cancelled() -> None:
    page = with_alerts(TWO_ALERTS)
    answered = sample(3, seconds=9.0, failed=0.0)
    facts = (started(31), started(31, alert="Not answered"))
    cancel = due(31.1, answered, facts=facts, page=page)
    assert isinstance(cancel, CancelCountdown)
    assert cancel.countdown.alert.name == "Not answered"


def test_the_stand_ins_countdown_is_cancelled_when_the_first_rule_has_data_again() -> None:
    real, jobs = stand_in.real, stand_in.jobs
    failing = (jobs(1, 1.0), jobs(2, 1.0))
    facts = (started(32, alert="Failures (test jobs)"),)
    cancel = due(32.5, *failing, real(2, 40), facts=facts, page=stand_in.PAGE)
    assert isinstance(cancel, CancelCountdown)
    assert cancel.why == "“Failures” has enough data again and applies instead"
    recovered = due(32.5, *failing, jobs(3), facts=facts, page=stand_in.PAGE)
    assert isinstance(recovered, CancelCountdown)
    assert recovered.why == "back within the limit before the countdown expired"


# -- after it was cancelled -------------------------------------------------------------------------------------------


def test_a_cancelled_countdown_starts_again_only_with_a_sample_after_the_cancellation() -> None:
    facts = (started(32), cancelled(33))
    assert due(40, *SLOW, facts=facts) is None, "nothing was measured since"
    again = due(61, *SLOW, *slow(3, 4), facts=facts)
    assert isinstance(again, StartCountdown)
    assert again.number == 2
    just_then = (started(32), cancelled(45))
    assert due(46, *SLOW, *slow(3), facts=just_then) is None, "the sample began at the very moment of the cancellation"


def test_the_cancellation_of_another_countdown_does_not_matter() -> None:
    own = (started(32), cancelled(33))
    another = said("recovered", "another", 1, after=70)
    for fact in (another, cancelled(70, number=7)):
        assert isinstance(due(71, *SLOW, *slow(3, 4), facts=(*own, fact)), StartCountdown)


def test_the_newest_countdown_counts_and_its_number_goes_on() -> None:
    facts = (started(32), cancelled(33), started(61, 2), cancelled(62, 2))
    again = due(100, *slow(1, 2, 3, 4, 5), facts=facts)
    assert isinstance(again, StartCountdown)
    assert again.number == 3
    last = newest_countdown(RULE, record(facts=(started(32), cancelled(33), started(61, 2))))
    assert last is not None
    assert (last.number, last.cancelled_at, last.running) == (2, None, True)


# -- held as a false alarm --------------------------------------------------------------------------------------------


def test_a_hold_stops_the_countdown_and_is_shown_until_it_ends() -> None:
    held = record(*SLOW, facts=(started(31), hold(31.5)))
    assert running_countdowns(PAGE, held) == ()
    assert due_countdown(PAGE, held, at(40)) is None
    assert [one.alert.name for one in held_alerts(PAGE, held, at(61.4))] == [ALERT]
    assert held_alerts(PAGE, held, at(61.5)) == ()


def test_a_countdown_that_is_not_held_is_not_shown_as_held() -> None:
    assert held_alerts(PAGE, record(*SLOW, facts=(started(31),)), at(31.5)) == ()


@pytest.mark.parametrize("state", [RunState.ROLLING_BACK, RunState.KEPT])
def test_a_run_that_is_not_going_holds_no_alert(state: RunState) -> None:
    assert held_alerts(PAGE, record(*SLOW, facts=(started(31), hold(31.5)), state=state), at(40)) == ()


def test_after_a_hold_only_a_sample_that_began_later_starts_the_next_countdown() -> None:
    facts = (started(31), hold(31.5))
    assert due(62, *SLOW, *slow(3, 4), facts=facts) is None, "the fourth sample, at 13:00, was measured during the hold"
    again = due(76, *SLOW, *slow(3, 4, 5), facts=facts)
    assert isinstance(again, StartCountdown)
    assert again.number == 2


def test_a_hold_that_ends_later_than_the_cancellation_still_counts() -> None:
    facts = (started(31), hold(31.5, lasts="1 h"), cancelled(46))
    assert due(62, *slow(1, 2, 3, 4), facts=facts) is None
    assert isinstance(due(106, *slow(1, 2, 3, 4, 5, 6, 7), facts=facts), StartCountdown)


def test_the_hold_of_an_earlier_countdown_holds_no_later_one() -> None:
    held = record(*SLOW, facts=(started(31), hold(31.5), started(76, 2)))
    assert [one.number for one in running_countdowns(PAGE, held)] == [2]


def test_in_a_rehearsal_a_hold_lasts_as_long_in_the_watchs_time() -> None:
    held = record(*SLOW, facts=(started(31), hold(31.5)), speed=60.0)
    assert held_alerts(PAGE, held, at(31.9))
    assert not held_alerts(PAGE, held, at(32.1))
