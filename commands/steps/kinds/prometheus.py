"""`prometheus`: asks a Prometheus API for one number, and compares it with limits."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import timedelta
from typing import ClassVar, Self

from pydantic import Field, model_validator

from commands.ports.page_text import PLACEHOLDER
from commands.ports.preflight import PreflightCheck, PreflightContext, PreflightResult, blocked, passed, warned
from commands.steps.base import StepBox
from commands.steps.outcome import Context, Outcome, done, failed
from commands.steps.page_fields import EnvName
from commands.steps.shared_fields import AtLeast, AtMost, WebName, check_limits
from commands.systems.prometheus.instant_query import Answer, PrometheusError, Sample, Server
from commands.systems.prometheus.promql import fill_query, query_error
from commands.text.durations import Duration, format_duration, format_seconds, parse_duration
from commands.text.numbers import format_number
from state.frozen import dataclass

_PREFLIGHT_LIMIT = 8.0  # seconds
_OR_CONSTANT = re.compile(r"\bor\s+(on\s*\(\s*\)\s*)?vector\s*\(", re.IGNORECASE)
_SOME_VALUE = "gonogo"  # stands for the values that are not known before the run


@dataclass(frozen=True, kw_only=True)
class QueryCheck:
    """Preflight: whether the API answers, takes the query, and gives one number now."""

    web: str
    query: str
    token: str
    late: bool = False

    @property
    def place(self) -> tuple[str, str]:
        """The server."""
        return ("webs", self.web)

    def run_preflight(self, ctx: PreflightContext) -> list[PreflightResult]:
        """Ask once. How many samples there are is judged only if no value is missing in the query."""
        server = Server(web=ctx.tools.web, place=self.web, token=self.token)
        values = dict.fromkeys(PLACEHOLDER.findall(self.query), _SOME_VALUE)
        try:
            answer = server.ask(fill_query(self.query, values), limit=_PREFLIGHT_LIMIT)
        except PrometheusError as error:
            return (warned if error.busy else blocked)(str(error).rstrip("."), error.todo)
        shown = " ".join(self.query.split())[:120]
        if not values and len(answer.samples) != 1:
            many = f"{len(answer.samples)} series" if answer.samples else "no sample"
            todo = "aggregate it in the query" if answer.samples else "check its names, unless the deploy brings them"
            return warned(f"the query gives {many} now: {shown}", todo)
        return passed(f"takes the query {shown}")


class PrometheusStep(StepBox):
    """Asks a Prometheus API for one number, and compares it with limits.

    There is no data if the query gives no sample or several, if the number is NaN or infinite, if the sample is too
    old, and if the server warns that its answer may be incomplete. A `<value>` in the query is the value of a label:
    `{version=<revision>}`. For `increase` and `rate` a counter begins with its first sample: one that a new process
    creates with its first error counts as 0, so let the service create its counters with 0.
    """

    kind: ClassVar[str] = "prometheus"
    proves: ClassVar[str] = "the number is within its limits, and is not an old one"
    takes_any_text: ClassVar[bool] = True
    measured: ClassVar[frozenset[str]] = frozenset({"value", "seconds"})

    web: WebName
    query: str = Field(
        min_length=1,
        max_length=8000,
        description=(
            "The PromQL query. It must give exactly one number, so aggregate it. `<value>` is the value of a label."
        ),
        examples=['sum(rate(http_requests_total{status=~"5.."}[5m]))'],
    )
    token: EnvName = Field(
        default="",
        description="The variable with a bearer token. Without it, none is sent.",
        examples=["$PROMETHEUS_TOKEN"],
    )
    at_least: AtLeast = None
    at_most: AtMost = None
    max_age: Duration = Field(
        default=parse_duration("5 min"), description="An older sample counts as no data.", examples=["2 min"]
    )
    limit: Duration = Field(
        default=parse_duration("30 s"), description="How long the step may take at most.", examples=["1 min"]
    )

    @model_validator(mode="after")
    def _can_be_met(self) -> Self:
        check_limits(self.at_least, self.at_most)
        return self

    def plan(self) -> list[str]:
        limits = (("at least", self.at_least), ("at most", self.at_most))
        wants = [f"{words} {_show(limit)}" for words, limit in limits if limit is not None]
        expects = f", expects {' and '.join(wants)}" if wants else ""
        age = format_duration(self.max_age)
        asks = f"asks {self.web} (Prometheus) for one number, at most {age} old{expects}: {self.query.strip()}"
        return asks.splitlines()

    def page_error(self, boxes: Mapping[str, StepBox]) -> str:
        return f"query: {why}" if (why := query_error(self.query)) else ""

    def page_warning(self, boxes: Mapping[str, StepBox]) -> str:
        if not _OR_CONSTANT.search(self.query):
            return ""
        return "`or vector(…)` gives its number even if nothing is measured, so missing data would count as a value"

    def preflight(self) -> list[PreflightCheck]:
        return [QueryCheck(web=self.web, query=self.query, token=self.token)]

    def run(self, ctx: Context) -> Outcome:
        query, limit = fill_query(self.query, ctx.values), self.limit.total_seconds()
        server = Server(web=ctx.tools.web, place=self.web, token=self.token)
        try:
            answer = server.ask(query, limit=limit)
            sample = answer.only()
            at = sample.at if sample else 0.0
            if sample and answer.is_vector:
                at = min(at, _taken_at(server, query, sample, max(1.0, limit - answer.seconds)))
        except PrometheusError as error:
            measures = {} if error.seconds is None else {"seconds": error.seconds}
            return failed(f"{error} The value is not known.", measures=measures, inconclusive=True)
        if why := self._unusable(answer, sample, ctx.tools.clock.now().timestamp() - at):
            lines = (*answer.warnings, *answer.notes)
            return failed(why, lines=lines, measures={"seconds": answer.seconds}, inconclusive=True)
        assert sample is not None  # noqa: S101  # else it is unusable
        return self._judge(answer, sample.value)

    def _unusable(self, answer: Answer, sample: Sample | None, age: float) -> str:
        """Why an answer says nothing, as a sentence; empty if its sample can be judged."""
        if sample is None:
            return "The query gives no sample, so there is no value."
        if not math.isfinite(sample.value):
            name = "NaN" if math.isnan(sample.value) else "infinity"
            return f"The query gives {name}, which cannot be compared with a limit."
        longest, shown = self.max_age.total_seconds(), f"value was {_show(sample.value)}"
        if age > longest:
            old, allowed = format_duration(timedelta(seconds=min(age, 1e10))), format_duration(self.max_age)
            return f"The {shown}, but its sample is {old} old by the bot's clock, more than {allowed} (`max_age`)."
        if age < -longest:
            return f"The {shown}, but its time is ahead of the bot's clock: one of the two clocks is wrong."
        if answer.warnings:
            return f"The {shown}, but “{self.web}” warns that this may be incomplete: {answer.warnings[0]}"
        return ""

    def _judge(self, answer: Answer, value: float) -> Outcome:
        measures = {"value": value, "seconds": answer.seconds}
        summary = f"value is {_show(value)}"
        if self.at_least is not None and value < self.at_least:
            return failed(
                f"{summary}, expected at least {_show(self.at_least)}.", lines=answer.notes, measures=measures
            )
        if self.at_most is not None and value > self.at_most:
            return failed(f"{summary}, expected at most {_show(self.at_most)}.", lines=answer.notes, measures=measures)
        compared = (f"{self.web}: {summary}",) if self.at_least is not None or self.at_most is not None else ()
        took = format_seconds(answer.seconds)
        return done(f"{summary} ({took}).", lines=answer.notes, measures=measures, compared=compared)


def _taken_at(server: Server, query: str, sample: Sample, limit: float) -> float:
    """When the only sample was taken: the answer itself has the time of the question. Raises PrometheusError."""
    # a comment may stand at the end of the query
    times = server.ask(f"timestamp(\n{query}\n)", limit=limit, time=sample.at)
    taken = times.only()
    if taken is None or not math.isfinite(taken.value):
        raise PrometheusError("It cannot be told how old the sample is.", seconds=times.seconds)
    return taken.value


def _show(value: float) -> str:
    """A value rounded to four decimals, or to four digits below 1."""
    if abs(value) >= 1e15:
        return f"{value:.4g}"
    rounded = round(value, 4) if abs(value) >= 1 else float(f"{value:.4g}")
    return format_number(rounded or 0.0)  # never -0
