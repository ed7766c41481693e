"""`prometheus` on a real Prometheus that scrapes an exporter, and on answers of others."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest

from bot.tools.clock import SystemClock
from bot.tools.places import WebPlace
from bot.tools.secrets import Redactor
from bot.tools.web import HttpWeb
from commands.ports.preflight import PreflightContext, PreflightResult
from commands.ports.web import HttpResponse
from commands.runbook.build import read_page
from commands.runbook.page import Part
from commands.start.page_warnings import page_warnings
from commands.steps.base import execute
from commands.steps.outcome import Context, Outcome
from commands.watch.verdicts import check_verdicts
from state.errors import BadPage, LostTrack
from state.records import AttemptState
from tests.commands.steps.builders import box, context
from tests.pages import SMALL, record, row
from tests.prometheus_server import Prometheus, running
from tests.world import World

METRICS = """\
requests_total{code="200",version="1.2"} 90
requests_total{code="500",version="1.2"} 10
requests_total{code="200",version="112"} 7
odd{name="it's \\"so\\""} 3
queue_depth 12
nothing_yet NaN
"""


@pytest.fixture(scope="module")
def server() -> Iterator[Prometheus]:
    with running() as prometheus:
        prometheus.scrape(METRICS)
        yield prometheus


@contextmanager
def context_with(url: str, values: dict[str, str] | None = None) -> Iterator[Context]:
    ctx = context(World(), values)
    web = HttpWeb({"metrics": WebPlace(url=url)}, {"METRICS_TOKEN": "t0p-s3cret"}, Redactor(["t0p-s3cret"]))
    yield replace(ctx, tools=replace(ctx.tools, web=web, clock=SystemClock()))
    web.close()


def toml(query: str, more: str = "") -> str:
    return f'web = "metrics"\nquery = {json.dumps(query)}\n{more}'


def measured(server: Prometheus, query: str, more: str = "", values: dict[str, str] | None = None) -> Outcome:
    """The outcome of the step with this query."""
    with context_with(server.url, values) as ctx:
        return execute(box("prometheus", toml(query, more)), ctx)


def answered(*texts: str | Exception, more: str = "") -> Outcome:
    """The outcome of the step where the API gives these answers, one after another."""
    world, left = World(rate=0), list(texts)

    def reply(_: Any) -> Any:
        text = left.pop(0)
        return text if isinstance(text, Exception) else HttpResponse(status=200, seconds=0.1, headers={}, text=text)

    world.on_web("/api/v1/query", reply)
    return execute(box("prometheus", toml("up", more)), context(world))


def vector(value: str, at: float, more: str = "") -> str:
    """An answer with one sample."""
    data = '{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[%s,"%s"]}]}%s}'
    return data % (at, value, more)


def now() -> float:
    return World(rate=0).clock.now().timestamp()


def test_the_plan_shows_the_question_and_not_the_token() -> None:
    step = box("prometheus", toml("sum(up)\n/ 2 # half", 'token = "$METRICS_TOKEN"\nat_least = 2\nat_most = 3.5'))
    assert step.plan() == [
        "asks metrics (Prometheus) for one number, at most 5 min old, expects at least 2 and at most 3.5: sum(up)",
        "/ 2 # half",
    ]


def test_one_number_is_measured_and_compared(server: Prometheus) -> None:
    outcome = measured(server, "queue_depth", "at_most = 12")
    assert (outcome.state, outcome.measures["value"], outcome.compared) == ("done", 12, ("metrics: value is 12",))
    assert outcome.measures["seconds"] > 0
    assert outcome.summary.startswith("value is 12 (")


def test_a_value_outside_its_limit_fails_and_is_still_measured(server: Prometheus) -> None:
    query = 'sum(requests_total{code=~"5.."}) / sum(requests_total{version="1.2"})'
    outcome = measured(server, query, "at_most = 0.05")
    assert (outcome.state, outcome.inconclusive, outcome.measures["value"]) == ("failed", False, 0.1)
    assert outcome.summary == "value is 0.1, expected at most 0.05."
    low = measured(server, "queue_depth", "at_least = 12.5")
    assert (low.state, low.summary) == ("failed", "value is 12, expected at least 12.5.")


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("vector(-0)", "0"),
        ("vector(1234567.25)", "1234567.25"),
        ("vector(2) / 3", "0.6667"),
        ("vector(0.000012345)", "0.00001234"),
        ("vector(1e300)", "1e+300"),
    ],
)
def test_a_value_is_shown_in_few_digits(server: Prometheus, query: str, shown: str) -> None:
    assert measured(server, query).summary.startswith(f"value is {shown} (")


def test_a_scalar_is_one_number_too(server: Prometheus) -> None:
    assert measured(server, "scalar(queue_depth) * 2").measures["value"] == 24


def test_several_series_are_refused_with_their_number(server: Prometheus) -> None:
    outcome = measured(server, "requests_total", "at_least = 1")
    assert (outcome.state, outcome.inconclusive, "value" in outcome.measures) == ("failed", True, False)
    assert outcome.summary == "The query gives 3 series; aggregate it in the query. The value is not known."


@pytest.mark.parametrize(
    ("query", "summary"),
    [
        ("no_such_metric", "The query gives no sample, so there is no value."),
        ("nothing_yet", "The query gives NaN, which cannot be compared with a limit."),
        ("queue_depth / 0", "The query gives infinity, which cannot be compared with a limit."),
        ("queue_depth[1m]", "The query gives samples over a time, not one number"),
        ("'x'", "The query gives a text, not a number."),
        ("sum(queue_depth", '“metrics” refuses the query (400): invalid parameter "query": '),
        ("requests_total * on(job) requests_total", "“metrics” refuses the query (422): "),
    ],
)
def test_what_is_no_number_is_no_data_whatever_the_limits(server: Prometheus, query: str, summary: str) -> None:
    outcome = measured(server, query, "at_most = 1000000\nat_least = -1")
    assert (outcome.state, outcome.inconclusive, "value" in outcome.measures) == ("failed", True, False)
    assert outcome.summary.startswith(summary)


def test_a_value_selects_by_its_very_text(server: Prometheus) -> None:
    query = 'sum(requests_total{version=~"<v>"})'
    assert measured(server, query, values={"v": "1.2"}).measures["value"] == 100, (
        "the point was taken for any character"
    )
    assert measured(server, "sum(requests_total{version=<v>})", values={"v": "112"}).measures["value"] == 7
    assert measured(server, "odd{name='<v>'}", values={"v": 'it\'s "so"'}).measures["value"] == 3
    hostile = measured(server, "queue_depth{job=<v>}", values={"v": 'x"} or vector(0) or up{a="'})
    assert hostile.summary == "The query gives no sample, so there is no value."


def test_an_exporters_old_sample_is_no_data(server: Prometheus) -> None:
    at = SystemClock().now().timestamp() - 100
    server.scrape(f"{METRICS}pushed 5 {int(at * 1000)}\n")
    try:
        fresh = measured(server, "pushed # a comment", 'max_age = "4 min"')
        assert (fresh.state, fresh.measures["value"]) == ("done", 5), fresh.summary
        outcome = measured(server, "pushed", 'max_age = "1 min"')
        assert (outcome.inconclusive, "value" in outcome.measures) == (True, False)
        assert outcome.summary.startswith("The value was 5, but its sample is 1 min ")
    finally:
        server.scrape(METRICS)


@pytest.mark.parametrize(("late", "words"), [(600, "its sample is 10 min"), (-600, "ahead of the bot's clock")])
def test_an_answer_from_another_time_is_no_data(late: float, words: str) -> None:
    at = now() - late
    outcome = answered(vector("0", at), vector(str(at), at), more="at_most = 1")
    assert (outcome.inconclusive, outcome.measures) == (True, {"seconds": 0.1})
    assert words in outcome.summary


def test_an_answer_that_may_be_incomplete_is_no_data_and_the_warning_is_told() -> None:
    at = now()
    warning = ',"warnings":["store eu-2 is unavailable","and eu-3"]'
    outcome = answered(vector("0", at, warning), vector(str(at), at), more="at_most = 1")
    assert (outcome.inconclusive, outcome.measures) == (True, {"seconds": 0.1})
    assert outcome.summary == (
        "The value was 0, but “metrics” warns that this may be incomplete: store eu-2 is unavailable"
    )
    assert outcome.lines == ("store eu-2 is unavailable", "and eu-3")


def test_a_note_of_the_server_is_shown_and_changes_nothing() -> None:
    at = now()
    outcome = answered(vector("0", at, ',"infos":["up is no counter"]'), vector(str(at), at))
    assert (outcome.state, outcome.lines) == ("done", ("up is no counter",))


@pytest.mark.parametrize("second", [vector("NaN", 1), '{"status":"error","error":"no"}', LostTrack("late")])
def test_a_sample_whose_age_cannot_be_told_is_no_data(second: str | Exception) -> None:
    outcome = answered(vector("0", now()), second, more="at_most = 1")
    assert (outcome.state, outcome.inconclusive, "value" in outcome.measures) == ("failed", True, False)


def test_a_server_that_does_not_answer_is_unreachable_and_not_without_data() -> None:
    with context_with("http://127.0.0.1:1") as ctx:
        outcome = execute(box("prometheus", toml("up")), ctx)
    assert (outcome.state, outcome.inconclusive, outcome.measures) == ("failed", True, {})
    assert "nothing answers at its address" in outcome.summary


PLACES = '[webs.metrics]\nurl = "$METRICS"\n\n[webs.api]'


def test_as_a_check_its_missing_data_is_no_data_and_not_healthy(server: Prometheus) -> None:
    check = f'### Depth\n\n```toml prometheus\n{toml("queue_depth")}\nevery = "5 min"\n```\n\n## Alerts'
    page = read_page(SMALL.replace("[webs.api]", PLACES).replace("## Alerts", check), "page.md")
    outcome = measured(server, "no_such_metric")
    sample = replace(row("depth", AttemptState.FAILED), outcome=outcome.as_data())
    assert page.step("depth").part == Part.WATCH
    (verdict,) = check_verdicts(page, record(sample))
    assert (verdict.verdict, verdict.good) == ("no data", False)


def test_a_baseline_and_the_alert_table_take_its_value() -> None:
    check = f'### Depth\n\n```toml prometheus\n{toml("queue_depth")}\nevery = "5 min"\n```\n\n## Alerts'
    rule = '[[alert]]\nname = "Depth"\ncheck = "depth"\nmeasure = "value"\nabove = 50.0\ntimes_baseline = 2.0\n```'
    usual = '### Usual\n\n```toml baseline\nof = ["depth"]\n```\n\n## Deploy'
    text = SMALL.replace("[webs.api]", PLACES).replace("## Alerts", check).replace("## Deploy", usual)
    page = read_page(text.replace("in_a_row = 2\n```", f"in_a_row = 2\n\n{rule}"), "page.md")
    assert page_warnings(page) == ()


def checked(url: str, query: str, more: str = "") -> PreflightResult:
    (check,) = box("prometheus", toml(query, more)).preflight()
    with context_with(url) as ctx:
        results: list[PreflightResult] = check.run_preflight(PreflightContext(tools=ctx.tools, ref="main"))
    (result,) = results
    return result


def test_the_preflight_asks_whether_the_query_parses(server: Prometheus) -> None:
    result = checked(server.url, "queue_depth")
    assert (result.level, result.summary) == ("ok", "takes the query queue_depth")
    result = checked(server.url, "sum(queue_depth[5x])")
    assert (result.level, result.todo) == ("fail", "correct the query")
    assert "parse error" in result.summary
    assert checked(server.url, "queue_depth[5m]").level == "fail"


def test_the_preflight_warns_of_what_would_be_no_number_now(server: Prometheus) -> None:
    result = checked(server.url, "requests_total")
    assert (result.level, result.summary) == ("warn", "the query gives 3 series now: requests_total")
    assert checked(server.url, "queue_dept").level == "warn"


def test_the_preflight_parses_a_query_whose_values_are_not_known_yet(server: Prometheus) -> None:
    assert checked(server.url, 'sum(requests_total{version=~"v<revision>.*"})').level == "ok"
    assert checked(server.url, "sum(requests_total{version=<revision>)").level == "fail"


@pytest.mark.parametrize(
    ("query", "more", "what"),
    [
        ("up > <run>", "", "query: <run> must be the value of a label"),
        ("up{a='b}", "", "query: a quote is not closed on its line; close it"),
        ("up", "at_least = 2\nat_most = 1", "at_least is above at_most"),
        ("up{env='$ENVIRONMENT'}", "", "query: $ENVIRONMENT would stay as these letters"),
        ("", "", "query: string should have at least 1 character"),
        ("up", 'token = "secret"', "token: 'secret' must be the name of an environment variable"),
    ],
)
def test_a_wrong_box_is_refused_with_its_line(query: str, more: str, what: str) -> None:
    step = f"## Deploy\n\n### Errors\n\n```toml prometheus\n{toml(query, more)}\n```\n"
    text = SMALL.replace("[webs.api]", PLACES).replace("## Deploy\n", step)
    with pytest.raises(BadPage) as caught:
        read_page(text, "page.md")
    assert what in str(caught.value)
    line = text.splitlines().index("### Errors") + 1
    assert line <= caught.value.line <= line + 5


@pytest.mark.parametrize("query", ["sum(a) or vector(0)", "sum(a) OR on ( ) vector (0)"])
def test_a_page_that_measures_a_number_where_there_is_none_is_warned(query: str) -> None:
    assert "missing data would count as a value" in box("prometheus", toml(query)).page_warning({})
    assert box("prometheus", toml("sum(a) or 0 * sum(b)")).page_warning({}) == ""
