"""Alerts that need several samples in a row, a time, or growth over the baseline."""

from __future__ import annotations

from dataclasses import replace

import pytest

from commands.watch.alerts import (
    RaisedAlert,
    alerts_raised_by,
)
from state.records import AttemptState
from tests.commands.watch.watched import (
    CHECK,
    IN_A_ROW,
    LIMITS,
    PAGE,
    baseline,
    ended,
    levels,
    sample,
    slow,
    unreachable,
    with_limits,
)
from tests.pages import record, row, small

(RULE,) = PAGE.alerts


# -- in a row ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        ([0.4], []),
        ([1.0], []),
        ([1.5], ["warning"]),
        ([5.0], ["warning"]),
        ([9.0], ["warning"]),
        ([0.4, 9.0], ["warning"]),
        ([9.0, 9.0], ["alert"]),
        ([0.4, 9.0, 9.0], ["alert"]),
        ([9.0, 9.0, 0.4], []),
        ([9.0, 0.4, 9.0], ["warning"]),
        ([9.0, 5.0], ["warning"]),
    ],
)
def test_an_alert_needs_its_samples_in_a_row(seconds: list[float], expected: list[str]) -> None:
    assert levels(PAGE, *(sample(n, seconds=value) for n, value in enumerate(seconds, start=1))) == expected


def test_a_missed_sample_breaks_the_row() -> None:
    first, later = slow(1, 3)
    assert levels(PAGE, first, later) == ["warning"], "the second sample was due and is missing"
    assert levels(PAGE, first, unreachable(2), later) == ["warning"], "the second sample gave no value"
    assert levels(PAGE, first, later, *slow(4)) == ["alert"]


@pytest.mark.parametrize(
    ("lasted", "speed", "number", "expected"),
    [
        (14, 1.0, 3, "warning"),
        (15, 1.0, 3, "alert"),
        (16, 1.0, 3, "alert"),
        (16, 1.0, 4, "warning"),
        (30, 1.0, 4, "alert"),
        (1, 15.0, 3, "alert"),
        (0.9, 15.0, 3, "warning"),
        (-20, 1.0, 2, "alert"),
    ],
)
def test_due_times_that_pass_while_a_long_sample_runs_are_not_missed(
    lasted: float, speed: float, number: int, expected: str
) -> None:
    long = ended(sample(1, seconds=9.0), 15 + lasted)
    assert levels(PAGE, long, *slow(number), speed=speed) == [expected]


def test_without_an_interval_on_the_page_no_sample_is_missed() -> None:
    once = tuple(replace(step, box=step.box.model_copy(update={"every": None})) for step in PAGE.steps)
    assert levels(replace(PAGE, steps=once), *slow(1, 3)) == ["alert"]


# -- lasting ----------------------------------------------------------------------------------------------------------


def test_a_rule_that_must_last_waits_until_the_samples_reach_that_far_back() -> None:
    page = small(**{IN_A_ROW: 'lasting = "30 min"'})
    assert levels(page, *slow(1)) == ["warning"]
    assert levels(page, *slow(1, 2)) == ["warning"]
    assert levels(page, *slow(1, 2, 3)) == ["alert"]
    assert levels(page, sample(1, seconds=0.1), *slow(2, 3, 4)) == ["alert"], "what was before does not matter"
    assert levels(page, *slow(1), sample(2, seconds=0.1), *slow(3)) == ["warning"]
    assert levels(page, *slow(1, 3)) == ["warning"], "the second sample is missing"
    assert levels(page, *slow(1, 3, 4)) == ["warning"], "the second sample is missing"
    assert levels(page, *slow(1, 2, 3), sample(4, seconds=0.1)) == []


def test_in_a_rehearsal_a_rule_lasts_as_long_in_the_watchs_time() -> None:
    page = small(**{IN_A_ROW: 'lasting = "30 min"'})
    first, second = (row(CHECK, AttemptState.DONE, n, after=n, seconds=9.0) for n in (1, 2))
    assert levels(page, first, second, speed=29.0) == ["warning"]
    assert levels(page, first, second, speed=30.0) == ["alert"]


def test_a_rule_that_must_last_beside_its_baseline_is_judged_by_both() -> None:
    page = with_limits('above = 5.0\nlasting = "15 min"\ntimes_baseline = 3.0')
    assert levels(page, baseline(seconds=2.0), *slow(1, 2)) == ["alert"]
    assert levels(page, baseline(seconds=2.0), *slow(1, seconds=5.5), *slow(2)) == ["warning"], "5.5 is not 3 times 2"


# -- the baseline -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("seconds", "level"), [(4.0, "warning"), (1.0, "alert"), (0.0, "alert"), (None, "alert")])
def test_a_relative_rule_needs_both_the_limit_and_the_growth(seconds: float | None, level: str) -> None:
    page = with_limits("above = 5.0\nwarn_above = 1.0\ntimes_baseline = 3.0")
    before = [baseline(seconds=seconds)] if seconds is not None else []
    assert levels(page, *before, *slow(1)) == [level]


def test_growth_that_is_too_small_raises_nothing_without_a_warning_band() -> None:
    page = with_limits("above = 5.0\ntimes_baseline = 3.0")
    assert levels(page, baseline(seconds=4.0), *slow(1)) == []
    assert levels(page, baseline(seconds=1.0), *slow(1)) == ["alert"]


def test_what_was_bad_before_the_deploy_warns_and_does_not_roll_back() -> None:
    page = with_limits(LIMITS)
    (raised,) = alerts_raised_by(page, record(baseline(seconds=7.0), *slow(1, 2)), CHECK)
    assert (raised.level, raised.was_bad, raised.baseline) == ("warning", True, 7.0)
    assert levels(page, baseline(seconds=0.03), *slow(1, 2)) == ["alert"]


@pytest.mark.parametrize(("requests", "level"), [(30, "warning"), (3, "alert")])
def test_a_baseline_with_too_little_data_excuses_nothing(requests: int, level: str) -> None:
    page = with_limits("above = 5.0\nenough = { requests = 20 }")
    assert levels(page, baseline(seconds=9.0, requests=requests), sample(1, seconds=9.0, requests=30)) == [level]


@pytest.mark.parametrize(
    ("value", "before", "expected"),
    [(9.0, 7.0, True), (9.0, 5.0, False), (9.0, None, False), (2.0, 7.0, False)],
)
def test_a_value_was_bad_if_it_is_over_the_limit_now_and_was_before(
    value: float, before: float | None, expected: bool
) -> None:
    assert RaisedAlert(alert=RULE, level="warning", value=value, attempt=1, baseline=before).was_bad is expected
