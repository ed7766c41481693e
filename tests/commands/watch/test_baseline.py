"""What the checks measured before the deploy, and when that is known."""

from __future__ import annotations

import pytest

from commands.watch.baseline import baseline_of_run, baseline_value
from state.records import AttemptState
from tests.commands.watch.watched import CHECK, LIMITS, baseline, sample, with_limits
from tests.pages import record

PAGE = with_limits(LIMITS)
(RULE,) = PAGE.alerts


def test_the_baseline_is_what_its_own_step_measured() -> None:
    run = record(baseline(seconds=0.2, failed=0.0), sample(1, seconds=9.0))
    assert baseline_of_run(PAGE, run) == {(CHECK, "seconds"): 0.2, (CHECK, "failed"): 0.0}
    assert baseline_value(PAGE, run, RULE) == 0.2


def test_the_newest_baseline_counts() -> None:
    assert baseline_value(PAGE, record(baseline(seconds=0.2), baseline(seconds=0.3)), RULE) == 0.3


@pytest.mark.parametrize(
    "state", [AttemptState.FAILED, AttemptState.UNKNOWN, AttemptState.RUNNING, AttemptState.STOPPED]
)
def test_a_baseline_that_did_not_succeed_is_unknown(state: AttemptState) -> None:
    run = record(baseline(state, seconds=0.2))
    assert baseline_of_run(PAGE, run) == {}
    assert baseline_value(PAGE, run, RULE) is None


def test_what_was_not_measured_before_is_unknown() -> None:
    assert baseline_value(PAGE, record(), RULE) is None
    assert baseline_value(PAGE, record(baseline(failed=0.0)), RULE) is None


@pytest.mark.parametrize(
    ("measures", "expected"),
    [
        ({"requests": 20.0, "users": 2.0}, 9.0),
        ({"requests": 19.0, "users": 2.0}, None),
        ({"requests": 20.0, "users": 1.0}, None),
        ({"requests": 20.0}, None),
    ],
)
def test_a_baseline_needs_as_much_data_as_the_rule_asks_for(measures: dict[str, float], expected: float | None) -> None:
    page = with_limits("above = 5.0\nenough = { requests = 20, users = 2 }")
    taken = baseline(seconds=9.0)
    taken.outcome["measures"].update({f"{CHECK}/{name}": value for name, value in measures.items()})
    assert baseline_value(page, record(taken), page.alerts[0]) == expected


def test_missing_data_is_not_enough_even_of_less_than_one() -> None:
    page = with_limits("above = 5.0\nenough = { requests = 0.5 }")
    assert baseline_value(page, record(baseline(seconds=9.0)), page.alerts[0]) is None
