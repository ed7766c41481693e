"""The doctor proves the address of the events with a signed event of a test."""

from __future__ import annotations

from pathlib import Path

from bot.doctor.events import check_events
from bot.settings import read_settings
from tests.bot.feeds.conftest import receiver
from tests.bot.feeds.event_receiver import EventReceiver

__all__ = ["receiver"]


def checked(env: dict[str, str]) -> list[tuple[str, str, str]]:
    lines = check_events(read_settings(env))
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
