"""What the charts show: measured values on the page's own clock, limits, alerts, and what was usual before."""

from __future__ import annotations

from commands.progress.step_state import WATCH
from commands.report.charts import Panel, panels
from commands.report.run_data import RunData
from state.records import Attempt, AttemptState, Record
from tests.pages import record, row, small

PAGE = small()
DEPLOY = row("put-the-code-there", AttemptState.DONE, after=2)


def drawn(of: Record) -> dict[str, Panel]:
    """The panels by title."""
    return {panel.title: panel for panel in panels(RunData(PAGE, of))}


def checks(*seconds: float, failed: float = 0.0) -> list[Attempt]:
    """Checks of the response time from 15 minutes past noon on, every quarter of an hour."""
    return [
        row(
            "response-time",
            AttemptState.FAILED if failed else AttemptState.DONE,
            n,
            after=15 * n,
            seconds=value,
            failed=failed,
        )
        for n, value in enumerate(seconds, 1)
    ]


def test_a_line_holds_each_measurement_at_its_moment() -> None:
    (line,) = drawn(record(DEPLOY, *checks(0.1, 0.3)))["Response time"].lines
    assert (line.name, line.points, line.baseline) == ("Response time", ((0.25, 0.1), (0.5, 0.3)), None)


def test_in_a_rehearsal_the_moments_are_those_of_the_page() -> None:
    of = record(DEPLOY, row(WATCH, AttemptState.RUNNING, after=10), *checks(0.1), speed=13.0)
    assert drawn(of)["Response time"].lines[0].points[0][0] == 1.25, "15 min, of which 5 in the watch count 13 times"


def test_what_was_measured_before_the_change_is_the_baseline_and_no_point() -> None:
    before = row("response-time", AttemptState.DONE, 1, after=0, seconds=0.4, failed=0.0)
    (line,) = drawn(record(before, DEPLOY, row("response-time", AttemptState.DONE, 2, after=15, seconds=0.6)))[
        "Response time"
    ].lines
    assert (line.baseline, line.points) == (0.4, ((0.25, 0.6),))


def test_limits_and_the_points_over_them_are_marked() -> None:
    panel = drawn(record(DEPLOY, *checks(0.1, 7.0)))["Response time"]
    assert {(limit.kind, limit.value) for limit in panel.limits} == {("alert", 5.0), ("warning", 1.0)}
    assert panel.raised == ((0.5, 7.0),)


def test_the_error_share_of_a_round_is_in_percent() -> None:
    (line,) = drawn(record(DEPLOY, *checks(0.1), *checks(0.1, 0.1, failed=1.0)))["Error share"].lines
    assert line.points == ((0.25, 50.0), (0.5, 100.0))


def test_nothing_measured_is_no_chart() -> None:
    assert panels(RunData(PAGE, record(DEPLOY))) == ()


def test_an_attempt_under_way_or_without_a_known_end_measures_nothing() -> None:
    of = record(DEPLOY, row("response-time", AttemptState.RUNNING, 1, after=15, seconds=1.0))
    assert drawn(of) == {}
