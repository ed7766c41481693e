"""The traces: a run's spans, sent over OTLP to the collector of the `OTEL_…` variables."""

from __future__ import annotations

import gzip
import importlib.util
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from bot.feeds.otlp_settings import GENERAL, OtlpSettings
from bot.feeds.spans import ROOT, RunSpan, RunSpans, nanoseconds, span_id, trace_id
from bot.tools.outside_address import NotTaken, OutsideAddress
from commands.runbook import read_stored_page
from state.errors import Refused
from state.records import Event, Run
from state.store import RecordStore
from state.store.database import Duty

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import ReadableSpan

INSTALL = 'pip install "gonogo[otel]"'
MISSING = (
    f"traces are not sent: {GENERAL}ENDPOINT is set, and their libraries are not installed. Install them: {INSTALL}"
)


def is_installed() -> bool:
    """Whether the extra `gonogo[otel]` is there."""
    try:
        return importlib.util.find_spec("opentelemetry.exporter.otlp.proto.common") is not None and bool(
            importlib.util.find_spec("opentelemetry.sdk")
        )
    except ModuleNotFoundError:
        return False


class Traces:
    """See `bot.feeds.destination.Destination`. Raises BadSettings for certificates that cannot be read."""

    duty = Duty.TRACES
    what = "traces"
    name = f"the collector in {GENERAL}ENDPOINT"

    def __init__(self, settings: OtlpSettings, environ: Mapping[str, str]) -> None:
        from opentelemetry.sdk.resources import Resource

        self._settings = settings
        self._address = OutsideAddress(settings.url, environ, settings.tls())
        self.resource = Resource(dict(settings.resource))

    def feed(self, store: RecordStore, run: Run, told: int) -> TracesFeed:
        """See `bot.feeds.destination.Destination.feed`."""
        return TracesFeed(self, store, run, told)

    def post(self, spans: Sequence[ReadableSpan]) -> NotTaken | None:
        """Send spans. None once they were taken."""
        from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans

        body = encode_spans(spans).SerializeToString()
        headers = {"Content-Type": "application/x-protobuf", **self._settings.headers}
        if self._settings.gzip:
            body, headers = gzip.compress(body), {**headers, "Content-Encoding": "gzip"}
        return self._address.call("POST", headers, body)

    def close(self) -> None:
        """Close the connections to the collector."""
        self._address.close()


class TracesFeed:
    """See `bot.feeds.destination.RunFeed`."""

    def __init__(self, traces: Traces, store: RecordStore, run: Run, told: int) -> None:
        self._traces = traces
        self._run = run
        self._spans = RunSpans(run, _kinds(run))
        self._taken = 0
        self._waiting: list[RunSpan] = []  # the spans of the event that was taken last
        while events := [event for event in store.events(run.id, self._taken) if event.id <= told]:
            for event in events:
                self._take(event)

    def send(self, event: Event) -> NotTaken | None:
        """See `bot.feeds.destination.RunFeed.send`."""
        if event.id != self._taken:
            self._take(event)
        return self._traces.post([self._readable(span) for span in self._waiting]) if self._waiting else None

    def _take(self, event: Event) -> None:
        self._waiting, self._taken = self._spans.take(event), event.id

    def _readable(self, span: RunSpan) -> ReadableSpan:
        """The span as the library sends it. Its ids and times are the record's, so no tracer makes it."""
        from opentelemetry.sdk.trace import ReadableSpan
        from opentelemetry.sdk.util.instrumentation import InstrumentationScope
        from opentelemetry.trace import SpanContext, Status, StatusCode, TraceFlags

        def context(key: str) -> SpanContext:
            flags = TraceFlags(TraceFlags.SAMPLED)
            return SpanContext(trace_id(self._run), span_id(self._run, key), is_remote=False, trace_flags=flags)

        return ReadableSpan(
            name=span.name,
            context=context(span.key),
            parent=None if span.is_root else context(ROOT),
            resource=self._traces.resource,
            attributes=dict(span.attributes),
            status=Status(StatusCode.ERROR, span.outcome) if span.failed else Status(StatusCode.UNSET),
            start_time=nanoseconds(span.began),
            end_time=nanoseconds(span.ended),
            instrumentation_scope=InstrumentationScope("gonogo"),
        )


def _kinds(run: Run) -> dict[str, str]:
    """The kinds of the steps of the run's own page, by id; none where this version cannot read it."""
    try:
        page = read_stored_page(run.text, run.page)
    except Refused:
        return {}
    return {step.id: step.box.kind for step in page.steps}
