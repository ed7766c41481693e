"""A stand-in rule on the card, in the report and on the page."""

from __future__ import annotations

import pytest

from bot.slack.views.checks import check_summary
from commands.report.run_data import RunData
from commands.report.status import status_of
from state.errors import BadPage
from state.records import Attempt
from tests.commands.watch.stand_in import PAGE, RULES, jobs, page_with, real
from tests.pages import NOON, record


@pytest.mark.parametrize(
    ("newest", "words"),
    [
        ([real(1, 40), jobs(1)], "✅ 2 checks ok"),
        ([real(1, 3), jobs(1)], "✅ 1 check ok, 💤 1 quiet"),
        ([real(1, 3), jobs(1, 1.0)], "*❌ 1 bad, 💤 1 quiet* of 2 checks"),
    ],
)
def test_a_status_post_does_not_make_a_quiet_night_look_like_trouble(newest: list[Attempt], words: str) -> None:
    assert check_summary(status_of(PAGE, record(*newest), NOON)) == words


def test_a_chart_and_a_report_leave_out_values_with_too_little_data() -> None:
    data = RunData(PAGE, record(real(1, 3, 1.0), real(2, 40, 0.02)))
    assert [value for _, value, _ in data.measurements("real", "failed_share")] == [0.02]
    assert [value for _, value, _ in data.measurements("real", "requests")] == [3, 40]


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('otherwise = "Failures (test jobs)"', 'otherwise = "Nobody"', 'there is no alert "Nobody"'),
        ("enough = { requests = 20 }\n", "", "otherwise: needs enough as well"),
        ("in_a_row = 2", "expected = true", "cannot judge instead"),
        ("in_a_row = 2", "enough = { requests = 1 }", "cannot judge instead"),
        ('check = "tests"', 'check = "real"', "cannot judge instead"),
        ("above = 0.1", "above = 1.0", "failed_share is never above 1"),
    ],
)
def test_a_stand_in_that_could_not_judge_is_refused(old: str, new: str, words: str) -> None:
    with pytest.raises(BadPage, match=words):
        page_with(RULES.replace(old, new, 1))
