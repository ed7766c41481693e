"""GO and NO-GO lines against records laid out by hand."""

from __future__ import annotations

import pytest

from commands.criteria import holds, shown
from commands.runbook.page import Criterion
from state.records import DONE, FAILED
from tests.pages import record, row, small

CRITERIA = """## Success criteria

```toml criteria
go = [{ text = "Fast", shown_by = ["response-time"] }]
no_go = [{ text = "API slow", shown_by = ["response-time"] }, { text = "Smoke tests failed", shown_by = ["health"] }]
```

## Decision"""
PAGE = small(**{"## Decision": CRITERIA})
FAST = Criterion(text="Fast", shown_by=["response-time"])


@pytest.mark.parametrize(
    ("seconds", "expected"), [([], None), ([0.2, 0.3], True), ([0.2, 1.4, 0.2], False), ([0.2, 9.0], False)]
)
def test_one_slow_answer_in_the_watch_is_not_forgotten(seconds: list[float], expected: bool | None) -> None:
    rows = [row("response-time", DONE, n, after=n, seconds=value) for n, value in enumerate(seconds, start=1)]
    assert holds(PAGE, record(*rows), FAST) is expected


def test_a_failed_check_counts_although_a_later_one_was_good() -> None:
    rows = (row("response-time", FAILED, 1, after=1), row("response-time", DONE, 2, after=2))
    assert holds(PAGE, record(*rows), FAST) is False


def test_a_step_counts_by_its_newest_attempt() -> None:
    rows = (row("health", FAILED, 1), row("health", DONE, 2))
    assert holds(PAGE, record(*rows), Criterion(text="Health", shown_by=["health"])) is True


def test_what_nothing_shows_is_left_to_people() -> None:
    assert holds(PAGE, record(), Criterion(text="Users are happy")) is None


def test_signs_of_no_go_are_named() -> None:
    rows = (row("health", FAILED), row("response-time", DONE, seconds=3.0))
    signs = [line.text for line in shown(PAGE, record(*rows)) if line.sign]
    assert signs == ["API slow", "Smoke tests failed"]
