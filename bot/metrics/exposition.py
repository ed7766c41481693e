"""The metrics in the format of Prometheus; labels hold only the bot's own words."""

from __future__ import annotations

from collections.abc import Iterator

from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import choose_encoder

from bot.metrics.numbers import Numbers
from bot.metrics.sources import Sources
from commands.run.vitals import Vitals
from commands.runbook.page import Part
from state.records import AttemptState

_ENDS = [state for state in AttemptState if state != AttemptState.RUNNING]


def exposition(sources: Sources, accept: str) -> tuple[bytes, str]:
    """The metrics and their content type: OpenMetrics for whoever accepts it, else the older text format."""
    registry = CollectorRegistry()
    registry.register(_Collector(sources))
    ProcessCollector(registry=registry)
    encode, kind = choose_encoder(accept)
    return encode(registry), kind


class _Collector:
    """The metrics of one scrape, for prometheus-client."""

    def __init__(self, sources: Sources) -> None:
        self._sources = sources

    def describe(self) -> list[Metric]:
        """Nothing: what is registered is not read for that."""
        return []

    def collect(self) -> Iterator[Metric]:
        """The metrics, for prometheus-client."""
        parts = GaugeMetricFamily(
            "gonogo_part_up", "Whether a part of the bot works, as /healthz says.", labels=["part"]
        )
        for part, works in self._sources.health.parts().items():
            parts.add_metric([part], works)
        yield parts
        yield from _of_process(self._sources.vitals)
        if slack := self._sources.slack:
            yield CounterMetricFamily("gonogo_slack_rate_limited", "Answers of Slack with 429.", value=slack.limited)
        if numbers := self._sources.numbers():
            yield from _of_record(numbers)


def _of_process(vitals: Vitals) -> Iterator[Metric]:
    """What this process has done since its start."""
    yield GaugeMetricFamily("gonogo_runs_carried_out", "Runs that this bot carries out.", value=vitals.carried)
    yield GaugeMetricFamily(
        "gonogo_runs_left_out", "Active runs that this bot cannot carry out; its log says why.", value=vitals.left_out
    )
    yield CounterMetricFamily(
        "gonogo_takeovers", "Runs continued that another bot or process had begun.", value=vitals.takeovers
    )
    begun = CounterMetricFamily("gonogo_steps_begun", "Attempts at steps, by the part of the page.", labels=["part"])
    ended = CounterMetricFamily(
        "gonogo_steps_ended", "Ended attempts at steps, by part and result.", labels=["part", "result"]
    )
    numbers, ends = vitals.steps_begun, vitals.steps_ended
    for part in Part:
        begun.add_metric([part.value], numbers[part])
        for state in _ENDS:
            ended.add_metric([part.value, state.value], ends[part, state])
    yield begun
    yield ended


def _of_record(numbers: Numbers) -> Iterator[Metric]:
    active = GaugeMetricFamily("gonogo_active_runs", "Active runs in the record, whichever bot.", labels=["state"])
    for state, runs in numbers.active.items():
        active.add_metric([state.value], runs)
    yield active
    yield GaugeMetricFamily("gonogo_countdowns", "Running countdowns to a rollback.", value=numbers.countdowns)
    yield GaugeMetricFamily("gonogo_status_post_late_seconds", "How late the last status post is.", value=numbers.late)
    yield CounterMetricFamily("gonogo_record_writes", "Writes of this bot to the record.", value=numbers.writes)
    if numbers.unposted is not None:
        yield GaugeMetricFamily(
            "gonogo_slack_outbox_events", "Events not yet posted to Slack, whichever bot.", value=numbers.unposted
        )
