"""The alert table applied to measurements laid out by hand."""

from __future__ import annotations

import pytest

from commands.runbook import Page
from commands.watch.alerts import alerts_for_rollback, alerts_raised_by
from state.records import AttemptState
from tests.pages import record, row, small

PAGE = small()


def levels(page: Page, *seconds: float) -> list[str]:
    """The levels raised after these response times, one check each."""
    rows = [
        row("response-time", AttemptState.DONE, n, after=n, seconds=value) for n, value in enumerate(seconds, start=1)
    ]
    return [raised.level for raised in alerts_raised_by(page, record(*rows), "response-time")]


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        ([0.4], []),
        ([1.5], ["warning"]),
        ([9.0], ["warning"]),
        ([0.4, 9.0], ["warning"]),
        ([9.0, 9.0], ["alert"]),
        ([9.0, 9.0, 0.4], []),
        ([9.0, 5.0], ["warning"]),
    ],
)
def test_an_alert_needs_its_measurements_in_a_row(seconds: list[float], expected: list[str]) -> None:
    assert levels(PAGE, *seconds) == expected


def test_an_expected_row_never_acts() -> None:
    page = small(**{"in_a_row = 2": "expected = true"})
    assert levels(page, 9.0) == []


def test_a_row_that_only_tells_does_not_roll_back() -> None:
    page = small(**{"in_a_row = 2": 'action = "tell"'})
    rows = record(row("response-time", AttemptState.DONE, seconds=9.0))
    assert [raised.level for raised in alerts_raised_by(page, rows, "response-time")] == ["alert"]
    assert list(alerts_for_rollback(page, rows)) == []


def test_too_little_is_an_alert_as_well() -> None:
    page = small(**{"above = 5.0\nwarn_above = 1.0\nin_a_row = 2": "below = 1.0"})
    (raised,) = alerts_for_rollback(page, record(row("response-time", AttemptState.DONE, seconds=0.0)))
    assert raised.rule == "below 1 s"


def test_what_could_not_be_measured_raises_nothing() -> None:
    page = small(**{"in_a_row = 2": "in_a_row = 1"})
    assert (
        alerts_raised_by(page, record(row("response-time", AttemptState.UNKNOWN, seconds=9.0)), "response-time") == ()
    )
