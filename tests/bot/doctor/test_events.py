"""The doctor proves where events and traces are sent."""

from __future__ import annotations

from pathlib import Path

from bot.doctor.events import check_events, check_traces
from bot.settings import read_settings
from tests.bot.feeds.conftest import collector, receiver
from tests.bot.feeds.event_receiver import EventReceiver
from tests.bot.feeds.otlp_receiver import OtlpReceiver

__all__ = ["collector", "receiver"]


def checked(env: dict[str, str]) -> list[tuple[str, str, str]]:
    settings = read_settings(env)
    lines = [*check_events(settings), *check_traces(settings)]
    return [(line.about, line.result.level, line.result.summary) for line in lines]


def test_an_address_that_takes_a_signed_event_is_good(tmp_path: Path, receiver: EventReceiver) -> None:
    ok = "the address in GONOGO_EVENTS_URL took a signed event of the type io.gonogo.test"
    assert checked(receiver.env) == [("events", "ok", ok)]
    (event,) = receiver.taken
    assert (event.get_type(), event.get_source(), event.get_data()) == ("io.gonogo.test", "/gonogo", {})


def test_an_address_that_does_not_is_a_failure_that_does_not_name_it(receiver: EventReceiver) -> None:
    receiver.status = lambda _: 401
    bad = "the address in GONOGO_EVENTS_URL did not take an event of the type io.gonogo.test (status 401)"
    assert checked(receiver.env) == [("events", "fail", bad)]


def test_without_an_address_nothing_is_said() -> None:
    assert checked({}) == []


def test_a_collector_that_takes_an_empty_request_is_good_and_one_that_does_not_is_a_warning(
    collector: OtlpReceiver,
) -> None:
    name = "the collector in OTEL_EXPORTER_OTLP_ENDPOINT"
    assert checked(collector.env) == [("traces", "ok", f"{name} took an empty request")]
    assert (collector.bodies, collector.spans) == ([b""], [])
    collector.status = 401
    assert checked(collector.env) == [("traces", "warn", f"{name} did not take an empty request (status 401)")]


def test_a_wrong_variable_of_opentelemetry_is_a_warning() -> None:
    ((about, level, summary),) = checked({"OTEL_EXPORTER_OTLP_ENDPOINT": "collector:4318"})
    assert (about, level) == ("traces", "warn")
    assert summary.startswith("they are not sent: OTEL_EXPORTER_OTLP_ENDPOINT is no web address")
