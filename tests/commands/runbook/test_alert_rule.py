"""One row of the alert table: the level of a value, and the rule in words."""

from __future__ import annotations

from typing import Any

import pytest

from commands.runbook.alert_rule import NO_FAILURE, AlertRule


def rule(measure: str = "seconds", **fields: Any) -> AlertRule:
    """A row of the alert table."""
    return AlertRule(name="Slow", check="c", measure=measure, **fields)


@pytest.mark.parametrize(("value", "level"), [(1.0, "ok"), (1.1, "warning"), (5.0, "warning"), (5.1, "alert")])
def test_a_value_is_ok_then_a_warning_then_an_alert(value: float, level: str) -> None:
    assert rule(above=5.0, warn_above=1.0).level_of(value) == level


@pytest.mark.parametrize(("value", "level"), [(0.9, "alert"), (1.0, "ok"), (9.0, "ok"), (9.1, "alert")])
def test_a_value_may_have_a_limit_on_both_sides(value: float, level: str) -> None:
    assert rule(above=9.0, below=1.0).level_of(value) == level


@pytest.mark.parametrize(
    ("value", "baseline", "level"), [(6.0, 3.5, "ok"), (6.0, 2.9, "alert"), (6.0, None, "alert"), (4.0, 1.0, "ok")]
)
def test_a_baseline_makes_the_limit_stricter_where_it_is_known(
    value: float, baseline: float | None, level: str
) -> None:
    assert rule(above=5.0, times_baseline=2.0).level_of(value, baseline) == level


@pytest.mark.parametrize(
    ("measure", "value", "text"),
    [
        ("seconds", 0.25, "250 ms"),
        ("seconds_p95", 65, "1 min 5 s"),
        ("failed_share", 0.125, "12.5 %"),
        ("failed_share", 1.0, "100 %"),
        ("cpu", 79.6, "80 %"),
        ("requests", 1200, "1200"),
        ("requests", 2_000_000, "2000000"),
        ("bytes", 1_234_567.8, "1234568"),
        ("rows", 0.00001, "0.00001"),
        ("failed_share", 12.0, "1,200 %"),
    ],
)
def test_a_value_is_shown_with_its_unit(measure: str, value: float, text: str) -> None:
    assert rule(measure).format_value(value) == text


def test_a_check_that_just_fails_says_so_in_place_of_a_number() -> None:
    assert [rule("failed", above=0.0).format_value(value) for value in (1.0, 0.0, 3.0)] == ["failed", "ok", "3"]
    assert rule("failed", above=2.0).format_value(1.0) == "1"


@pytest.mark.parametrize(
    ("alert", "text"),
    [
        (rule(above=5.0), "above 5 s"),
        (rule(above=5.0, in_a_row=2), "above 5 s, 2 times in a row"),
        (rule("cpu", above=80.0, below=1.0), "above 80 % or below 1 %"),
        (rule(above=5.0, times_baseline=2.0), "above 5 s, and more than 2 times the baseline"),
        (rule(above=5.0, lasting="10 min"), "above 5 s, for 10 min"),
        (rule("failed_share", above=0.1, enough={"requests": 20}), "above 10 %, with at least 20 requests"),
        (rule("rows", above=1e6, enough={"rows": 2e6}), "above 1000000, with at least 2000000 rows"),
        (rule("failed", above=0.0), NO_FAILURE),
        (rule(expected=True), ""),
    ],
)
def test_the_rule_is_shown_in_words(alert: AlertRule, text: str) -> None:
    assert alert.rule == text
