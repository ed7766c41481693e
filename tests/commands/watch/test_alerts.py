"""The alert table applied to samples made by hand."""

from __future__ import annotations

import pytest

from commands.runbook import Page
from commands.watch.alerts import (
    alerts_for_rollback,
    alerts_raised_by,
    count_of_samples,
    deferred_to,
    has_enough,
    has_value,
    raises_any_alert,
    samples,
    samples_with_value,
)
from state.records import Attempt, AttemptState, RunState
from tests.commands.watch import stand_in
from tests.commands.watch.watched import (
    CHECK,
    IN_A_ROW,
    LIMITS,
    PAGE,
    baseline,
    failed,
    levels,
    sample,
    slow,
    with_alerts,
    with_limits,
)
from tests.pages import record, row, small, stored

(RULE,) = PAGE.alerts


def for_rollback(page: Page, *attempts: Attempt, state: RunState = RunState.GOING) -> list[str]:
    """The names of the alerts that require a rollback."""
    return [raised.alert.name for raised in alerts_for_rollback(page, record(*attempts, state=state))]


# -- enough -----------------------------------------------------------------------------------------------------------

ENOUGH = stored(**{IN_A_ROW: "enough = { requests = 20, users = 2 }"})


@pytest.mark.parametrize(
    ("measures", "expected"),
    [
        ({"seconds": 9.0, "requests": 20.0, "users": 2.0}, True),
        ({"seconds": 9.0, "requests": 21.0, "users": 3.0}, True),
        ({"seconds": 9.0, "requests": 19.0, "users": 2.0}, False),
        ({"seconds": 9.0, "requests": 20.0, "users": 1.0}, False),
        ({"seconds": 9.0, "requests": 20.0}, False),
        ({"requests": 20.0, "users": 2.0}, False),
    ],
)
def test_a_value_counts_only_with_enough_data_behind_it(measures: dict[str, float], expected: bool) -> None:
    one = row(CHECK, AttemptState.DONE, 1, **measures)
    (rule,) = ENOUGH.alerts
    assert has_enough(rule, one) is expected
    assert raises_any_alert(ENOUGH, record(one), one) is expected
    assert levels(ENOUGH, one) == (["alert"] if expected else [])
    assert samples_with_value(record(one), rule) == ([one] if expected else [])
    assert has_value(rule, record(one)) is expected


def test_missing_data_is_not_enough_even_of_less_than_one() -> None:
    (rule,) = stored(**{IN_A_ROW: "enough = { requests = 0.5 }"}).alerts
    assert not has_enough(rule, sample(1, seconds=9.0))


@pytest.mark.parametrize(
    ("state", "counts"),
    [("done", True), ("failed", True), ("unknown", False), ("stopped", False), ("running", False)],
)
def test_only_a_sample_with_a_known_result_has_a_value(state: str, counts: bool) -> None:
    assert has_enough(RULE, sample(1, state, seconds=9.0)) is counts
    assert levels(PAGE, sample(1, state, seconds=9.0)) == (["warning"] if counts else [])


def test_the_newest_sample_decides_whether_there_is_a_value() -> None:
    assert not has_value(RULE, record())
    assert has_value(RULE, record(sample(1), sample(2, seconds=0.1)))
    assert not has_value(RULE, record(sample(1, seconds=0.1), sample(2)))
    other = row("health", AttemptState.DONE, seconds=0.1)
    assert not has_value(RULE, record(other)), "that is a sample of another check"
    assert has_value(RULE, record(sample(1, seconds=0.1), other))


# -- samples ----------------------------------------------------------------------------------------------------------


def test_running_and_stopped_samples_and_those_of_other_checks_do_not_count() -> None:
    finished = [sample(1), failed(2), sample(3, AttemptState.UNKNOWN)]
    others = [sample(4, AttemptState.STOPPED), row("health", AttemptState.DONE), sample(5, AttemptState.RUNNING)]
    assert samples(record(*finished, *others), CHECK) == finished


def test_samples_with_a_value_are_those_of_the_rules_own_check() -> None:
    mine, none = sample(1, seconds=0.1), sample(2)
    assert samples_with_value(record(mine, none, row("health", AttemptState.DONE, seconds=0.1)), RULE) == [mine]


@pytest.mark.parametrize(("count", "words"), [(0, "0 samples"), (1, "1 sample"), (2, "2 samples")])
def test_a_number_of_samples_reads_as_english(count: int, words: str) -> None:
    assert count_of_samples(count) == words


# -- which rules ------------------------------------------------------------------------------------------------------

TWO_RULES = """[[alert]]
name = "Slow"
check = "response-time"
measure = "seconds"
above = 5.0

[[alert]]
name = "Failing"
check = "response-time"
measure = "failed"
above = 0.5
"""


def test_a_check_raises_each_of_its_rules_and_no_other_checks() -> None:
    page = with_alerts(TWO_RULES)
    both = record(sample(1, seconds=9.0, failed=1.0))
    assert [raised.alert.name for raised in alerts_raised_by(page, both, CHECK)] == ["Slow", "Failing"]
    assert alerts_raised_by(page, both, "health") == ()


def test_an_expected_rule_never_raises_anything() -> None:
    page = small(**{IN_A_ROW: "expected = true"})
    assert levels(page, *slow(1)) == []
    assert not raises_any_alert(page, record(*slow(1)), slow(1)[0])
    assert for_rollback(page, *slow(1)) == []


def test_a_rule_that_only_tells_does_not_roll_back() -> None:
    page = small(**{IN_A_ROW: 'action = "tell"'})
    assert levels(page, *slow(1)) == ["alert"]
    assert for_rollback(page, *slow(1)) == []


def test_a_warning_does_not_roll_back() -> None:
    assert for_rollback(PAGE, *slow(1)) == []
    assert for_rollback(PAGE, *slow(1, 2)) == ["API response > 5 s"]


@pytest.mark.parametrize("state", [RunState.ROLLING_BACK, RunState.KEPT, RunState.ROLLED_BACK, RunState.ENDED])
def test_only_a_run_that_is_going_rolls_back(state: RunState) -> None:
    assert for_rollback(PAGE, *slow(1, 2), state=state) == []


def test_alerts_for_a_rollback_come_check_by_check_and_each_once() -> None:
    rule = '[[alert]]\nname = "{}"\ncheck = "{}"\nmeasure = "failed"\nabove = 0.1\n'
    page = stand_in.page_with(
        rule.format("A", "real") + rule.format("B", "tests") + rule.format("C", "real"), "## Decision"
    )
    both = (row("real", AttemptState.DONE, failed=1.0), row("tests", AttemptState.DONE, failed=1.0))
    assert for_rollback(page, *both) == ["A", "C", "B"]


def test_a_value_below_its_limit_is_an_alert_as_well() -> None:
    page = small(**{LIMITS: "below = 1.0"})
    (raised,) = alerts_for_rollback(page, record(sample(1, seconds=0.0)))
    assert raised.rule == "below 1 s"


def test_one_sample_over_any_limit_raises_some_alert() -> None:
    page = with_alerts(TWO_RULES)
    good, warned = sample(1, seconds=0.1, failed=0.0), sample(1, seconds=1.5)
    assert raises_any_alert(page, record(), sample(1, seconds=0.1, failed=1.0))
    assert raises_any_alert(page, record(), sample(1, seconds=9.0, failed=0.0))
    assert not raises_any_alert(page, record(), good)
    assert raises_any_alert(PAGE, record(), warned), "the warning band counts too: a warning is posted"
    assert not raises_any_alert(page, record(), row("health", AttemptState.FAILED, seconds=9.0))
    assert not raises_any_alert(page, record(), sample(1, AttemptState.UNKNOWN, seconds=9.0))


def test_one_sample_is_judged_beside_the_baseline() -> None:
    page = with_limits("above = 5.0\ntimes_baseline = 3.0")
    assert raises_any_alert(page, record(baseline(seconds=1.0)), slow(1)[0])
    assert not raises_any_alert(page, record(baseline(seconds=4.0)), slow(1)[0])


# -- what is said -----------------------------------------------------------------------------------------------------


def test_an_alert_carries_the_value_and_the_number_of_the_newest_sample() -> None:
    (raised,) = alerts_raised_by(PAGE, record(*slow(1), *slow(2, seconds=8.0)), CHECK)
    assert (raised.value, raised.attempt, raised.baseline, raised.deferred_to) == (8.0, 2, None, None)
    assert raised.alert is RULE
    assert raised.summary == "8 s (limit: above 5 s, 2 times in a row)"


def test_a_warning_says_which_limit_was_crossed() -> None:
    (band,) = alerts_raised_by(PAGE, record(sample(1, seconds=1.5)), CHECK)
    assert band.rule == "a person decides above 1 s"
    (once,) = alerts_raised_by(PAGE, record(*slow(1)), CHECK)
    assert once.rule == "above 5 s, 2 times in a row"
    no_band = small(**{LIMITS: f"above = 5.0\n{IN_A_ROW}"})
    (alone,) = alerts_raised_by(no_band, record(*slow(1)), CHECK)
    assert alone.rule == "above 5 s, 2 times in a row"
    page = with_limits("above = 5.0\nwarn_above = 1.0\ntimes_baseline = 3.0")
    (grown_little,) = alerts_raised_by(page, record(baseline(seconds=4.0), *slow(1)), CHECK)
    assert grown_little.summary == "9 s (limit: a person decides above 1 s; 4 s before the deploy)"


# -- stand-in rules ---------------------------------------------------------------------------------------------------


def test_the_stand_in_rolls_back_only_while_the_first_rule_has_too_little_data() -> None:
    real, jobs = stand_in.real, stand_in.jobs
    failing = [jobs(1, 1.0), jobs(2, 1.0)]
    assert for_rollback(stand_in.PAGE, *failing, real(1, 40), real(2, 3)) == ["Failures (test jobs)"]
    assert for_rollback(stand_in.PAGE, *failing) == ["Failures (test jobs)"], "a check without samples judges nothing"
    enough = record(*failing, real(1, 3), real(2, 40))
    assert list(alerts_for_rollback(stand_in.PAGE, enough)) == []
    (raised,) = alerts_raised_by(stand_in.PAGE, enough, "tests")
    assert (raised.level, raised.deferred_to) == ("warning", stand_in.PAGE.alerts[0])
    assert raised.summary == "1 (limit: above 0.1, 2 times in a row; “Failures” has enough data, so this only warns)"


def test_one_sample_on_enough_requests_rolls_back() -> None:
    (raised,) = alerts_for_rollback(stand_in.PAGE, record(stand_in.jobs(1), stand_in.real(1, 40, 0.2)))
    assert raised.summary == "20 % (limit: above 10 %, with at least 20 requests)"


def test_a_rule_defers_to_the_one_it_stands_in_for_and_to_no_other() -> None:
    first, second = stand_in.PAGE.alerts
    enough = record(stand_in.real(1, 40), stand_in.jobs(1))
    assert deferred_to(stand_in.PAGE, enough, second) is first
    assert deferred_to(stand_in.PAGE, enough, first) is None
    assert deferred_to(stand_in.PAGE, record(stand_in.real(1, 3)), second) is None
