"""The alt text of a chart."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.report.alt import alt_text, number
from commands.report.charts import Panel, Series
from tests.bot.report.reports import panel


def share(*values: float) -> Panel:
    """A panel in percent, with one line and nothing else."""
    points = tuple((n / 4, value) for n, value in enumerate(values))
    return Panel(title="Error share", unit="%", lines=(Series(name="All", points=points),), limits=(), raised=())


def test_it_says_all_numbers_of_the_chart() -> None:
    assert alt_text([panel()]) == (
        "Response time: API 360 ms now, 210 ms to 360 ms in 16 samples, 250 ms before the deploy; "
        "alert above 5 s; warning above 1 s; 1 over the alert limit."
    )


def test_it_says_no_more_than_there_is() -> None:
    assert alt_text([share(0.0)]) == "Error share: All 0 %."
    assert alt_text([share(2.0, 2.0, 2.1)]) == "Error share: All 2 % in all 3 samples."
    assert alt_text([share(50.0, 100.0)]) == "Error share: All 100 % now, 50 % to 100 % in 2 samples."


def test_panels_follow_each_other_and_without_panels_it_is_empty() -> None:
    assert alt_text([share(0.0), share(1.0)]) == "Error share: All 0 %. Error share: All 1 %."
    assert alt_text([]) == ""


def test_lines_are_separated_and_equal_limits_are_said_once() -> None:
    both = replace(panel(), lines=panel().lines * 2, limits=panel().limits * 2, raised=())
    text = alt_text([both])
    assert text.count("API 360 ms") == 2
    assert text.count("alert above 5 s") == 1
    assert "over the alert limit" not in text


@pytest.mark.parametrize(
    ("value", "unit", "words"),
    [
        (0.045, "s", "45 ms"),
        (1.24, "s", "1.2 s"),
        (5.0, "s", "5 s"),
        (123.0, "s", "2 min 3 s"),
        (38.4, "%", "38 %"),
        (100.0, "%", "100 %"),
        (1234.0, "%", "1234 %"),
    ],
)
def test_a_value_is_a_plain_number_with_its_unit(value: float, unit: str, words: str) -> None:
    assert number(value, unit) == words
