"""What the charts show: measured values over T+, limits, alerts, and the baseline."""

from __future__ import annotations

from dataclasses import replace

from commands.progress.step_state import WATCH
from commands.report.charts import Limit, Panel, panels
from commands.report.run_data import RunData
from commands.runbook import Page
from state.records import Attempt, AttemptState, Record
from tests.commands.report.deployed import CHECK, PAGE
from tests.groups import TOGETHER_WORDS
from tests.pages import SMALL, record, row, small, stored

DEPLOY = row("put-the-code-there", AttemptState.DONE, after=2)
ALERT_TABLE = SMALL.split("```toml alerts\n")[1].split("```")[0]


def drawn(of: Record, page: Page = PAGE) -> dict[str, Panel]:
    """The panels by title."""
    return {panel.title: panel for panel in panels(RunData(page, of))}


def samples(*seconds: float, failed: float = 0.0) -> list[Attempt]:
    """Samples of the response time every quarter of an hour, from 15 minutes past noon on."""
    state = AttemptState.FAILED if failed else AttemptState.DONE
    return [row(CHECK, state, n, after=15 * n, seconds=value, failed=failed) for n, value in enumerate(seconds, 1)]


def test_a_line_holds_each_measurement_at_its_time() -> None:
    (line,) = drawn(record(DEPLOY, *samples(0.1, 0.3)))["Response time"].lines
    assert (line.name, line.points, line.baseline) == ("Response time", ((0.25, 0.1), (0.5, 0.3)), None)


def test_in_a_rehearsal_the_times_are_those_of_the_page() -> None:
    of = record(DEPLOY, row(WATCH, AttemptState.RUNNING, after=10), *samples(0.1), speed=13.0)
    assert drawn(of)["Response time"].lines[0].points[0][0] == 1.25, "15 min, of which 5 in the watch count 13 times"


def test_what_was_measured_before_the_change_is_the_baseline_and_no_point() -> None:
    before = [row(CHECK, AttemptState.DONE, 1, after=0, seconds=value, failed=0.0) for value in (0.4, 0.2)]
    after = row(CHECK, AttemptState.DONE, 2, after=15, seconds=0.6)
    (line,) = drawn(record(*before, DEPLOY, after))["Response time"].lines
    assert round(line.baseline or 0, 6) == 0.3
    assert line.points == ((0.25, 0.6),)


def test_the_load_of_each_host_of_a_group_has_a_line_with_its_name() -> None:
    metrics = '### Load\n\n```toml metrics\nid = "load"\nhost = "backend"\nevery = "15 min"\n```\n\n## Alerts\n'
    page = small(**{**TOGETHER_WORDS, "## Alerts\n": metrics})
    deploy = row("put-the-code-there@backend-1", AttemptState.DONE, after=2)
    load = [row(f"load@backend-{n}", AttemptState.DONE, after=15, cpu=10.0 * n) for n in (1, 2)]
    names = [line.name for line in drawn(record(deploy, *load), page)["CPU and memory"].lines]
    assert names == ["CPU (backend-1)", "CPU (backend-2)"]


def test_limits_and_the_points_over_them_are_marked() -> None:
    panel = drawn(record(DEPLOY, *samples(0.1, 7.0, 2.0)))["Response time"]
    assert panel.unit == "s"
    assert panel.limits == (
        Limit(name="API response > 5 s", value=5.0, kind="alert"),
        Limit(name="API response > 5 s", value=1.0, kind="warning"),
    )
    assert panel.raised == ((0.5, 7.0),)


def test_a_point_over_the_limit_before_the_change_is_not_marked() -> None:
    before = row(CHECK, AttemptState.DONE, 1, after=0, seconds=7.0)
    assert drawn(record(before, DEPLOY, *samples(0.1)))["Response time"].raised == ()


def test_a_point_is_marked_only_if_it_is_an_alert_beside_the_baseline() -> None:
    baseline_step = '## Before\n\n### Baseline\n\n```toml baseline\nid = "baseline"\nof = ["response-time"]\n```\n'
    page = small(**{"warn_above = 1.0\nin_a_row = 2": "times_baseline = 3.0", "## Before\n": baseline_step})
    before = row("baseline", AttemptState.DONE)
    before.outcome["measures"] = {f"{CHECK}/seconds": 4.0}
    panel = drawn(record(before, DEPLOY, *samples(9.0, 13.0)), page)["Response time"]
    assert [value for _, value in panel.raised] == [13.0]
    assert panel.lines[0].baseline == 4.0


def test_an_expected_rule_has_no_limit_in_the_chart() -> None:
    page = small(**{"in_a_row = 2": "expected = true"})
    panel = drawn(record(DEPLOY, *samples(9.0)), page)["Response time"]
    assert (panel.limits, panel.raised) == ((), ())


def test_a_limit_of_zero_is_not_drawn() -> None:
    page = small(
        **{ALERT_TABLE: '[[alert]]\nname = "Failing"\ncheck = "response-time"\nmeasure = "failed"\nabove = 0.0\n'}
    )
    panel = drawn(record(DEPLOY, *samples(0.1, failed=1.0)), page)["Error share"]
    assert panel.limits == ()
    assert panel.raised == ((0.25, 100.0),)


def test_the_error_share_of_a_round_is_in_percent() -> None:
    panel = drawn(record(DEPLOY, *samples(0.1), *samples(0.1, 0.1, failed=1.0)))["Error share"]
    (line,) = panel.lines
    assert (panel.unit, line.name) == ("%", "Checks of a round")
    assert line.points == ((0.25, 50.0), (0.5, 100.0))
    many = drawn(record(DEPLOY, *samples(0.1, failed=7.0)))["Error share"].lines[0]
    assert many.points == ((0.25, 100.0),), "seven failures of one check are one failed check"


def test_a_round_before_the_change_is_not_drawn() -> None:
    before = row(CHECK, AttemptState.DONE, 1, after=0, seconds=0.4, failed=1.0)
    assert drawn(record(before, DEPLOY, *samples(0.1)))["Error share"].lines[0].points == ((0.25, 0.0),)


MORE_CHECKS = "".join(
    f'### Every 15 minutes: {name}\n\n```toml http\nid = "{name}"\nweb = "api"\npath = "/{name}"\nevery = "15 min"\n'
    'on_failure = "tell"\n```\n\n'
    for name in ("a", "b", "c")
)


def test_the_check_with_a_limit_is_the_first_line_and_there_are_at_most_three() -> None:
    page = small(**{"### Response time\n": f"{MORE_CHECKS}### Response time\n"})
    others = [row(name, AttemptState.DONE, after=15, seconds=0.1) for name in ("a", "b", "c")]
    panel = drawn(record(DEPLOY, *others, *samples(0.2)), page)["Response time"]
    assert [line.name for line in panel.lines] == ["Response time", "a", "b"]


def test_checks_that_do_not_time_answers_are_drawn_only_with_a_limit_on_their_seconds() -> None:
    log = {'http\nweb = "api"\npath = "/jobs"': 'logs\nhost = "backend"\nfile = "/e"\nsince = "0"'}
    of = record(DEPLOY, *samples(0.2))
    assert "Response time" in drawn(of, stored(**log))
    assert "Response time" not in drawn(of, stored(**log, **{'measure = "seconds"': 'measure = "lines"'}))


def test_cpu_memory_and_the_failed_share_have_their_own_lines() -> None:
    host = row(CHECK, AttemptState.DONE, 1, after=15, cpu=40.0, memory=70.0, failed_share=0.25)
    charts = drawn(record(DEPLOY, host))
    assert [(line.name, line.points) for line in charts["CPU and memory"].lines] == [
        ("CPU", ((0.25, 40.0),)),
        ("Memory", ((0.25, 70.0),)),
    ]
    assert charts["CPU and memory"].unit == "%"
    assert [(line.name, line.points) for line in charts["Error share"].lines] == [("Response time", ((0.25, 25.0),))]
    assert list(charts) == ["Error share", "CPU and memory"]


def test_limits_are_in_the_unit_of_their_panel() -> None:
    rule = '[[alert]]\nname = "{}"\ncheck = "response-time"\nmeasure = "{}"\nabove = {}\n'
    page = stored(**{ALERT_TABLE: rule.format("Share", "failed_share", 0.1) + rule.format("CPU", "cpu", 80.0)})
    host = row(CHECK, AttemptState.DONE, 1, after=15, cpu=90.0, failed_share=0.25)
    charts = drawn(record(DEPLOY, host), page)
    assert [limit.value for limit in charts["Error share"].limits] == [10.0]
    assert charts["Error share"].raised == ((0.25, 25.0),)
    assert [limit.value for limit in charts["CPU and memory"].limits] == [80.0]
    assert charts["CPU and memory"].raised == ((0.25, 90.0),)


def test_a_check_that_repeats_others_is_no_part_of_a_round() -> None:
    repeat = '### Smoke tests again\n\n```toml repeat\nid = "again"\npart = "smoke tests"\nevery = "1 h"\n```\n\n'
    page = small(**{"## Alerts\n": f"{repeat}## Alerts\n"})
    again = row("again", AttemptState.DONE, after=15, failed=1.0, failed_share=0.5)
    panel = drawn(record(DEPLOY, again, *samples(0.1)), page)["Error share"]
    assert [(line.name, line.points[0][1]) for line in panel.lines] == [
        ("Checks of a round", 0.0),
        ("Smoke tests again", 50.0),
    ]


def test_without_measurements_there_is_no_chart() -> None:
    assert panels(RunData(PAGE, record(DEPLOY))) == ()


def test_an_attempt_that_is_running_measures_nothing() -> None:
    of = record(DEPLOY, row(CHECK, AttemptState.RUNNING, 1, after=15, seconds=1.0))
    assert drawn(of) == {}
    assert drawn(record(DEPLOY, replace(of.attempts[1], state=AttemptState.UNKNOWN))) == {}
