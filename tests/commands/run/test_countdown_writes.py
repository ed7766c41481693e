"""What is written when a countdown starts, is cancelled or expires."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from commands.run.countdown_writes import write_countdown
from commands.start.request import StartRequest
from commands.start.starter import start
from commands.watch.alerts import RaisedAlert
from commands.watch.countdown import CancelCountdown, Countdown, CountdownExpired, StartCountdown
from state.facts import BOT, Actor, CountdownEnd, CountdownStart, Door, Hold
from state.records import Record
from state.sqlite.store import Store
from tests.pages import NOON, payload, small

PAGE = small()
(ALERT,) = PAGE.alerts
START = StartCountdown(RaisedAlert(alert=ALERT, level="alert", value=9.0, attempt=2), number=3)
COUNTDOWN = Countdown(
    alert=ALERT,
    number=3,
    ends_at=NOON + timedelta(minutes=1),
    summary="9 s (limit: above 5 s)",
    hold=None,
    held_until=None,
    cancelled_at=None,
)
CANCEL, EXPIRED = CancelCountdown(COUNTDOWN, "within its limits again"), CountdownExpired(COUNTDOWN)


def never(_: Record) -> bool:
    return False


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """A state file with run 1 of the small page."""
    opened = Store(tmp_path / "gonogo.db")
    people = {role: frozenset({"U2"}) for role in PAGE.roles}
    start(opened, PAGE, StartRequest(), Actor(person="U1", door=Door.SLACK), people, NOON)
    yield opened
    opened.close()


def test_a_start_is_written_with_its_number_and_reported_as_an_alert(store: Store) -> None:
    write_countdown(store, PAGE, 1, START, NOON)
    started = CountdownStart(by=BOT, at=NOON, alert=ALERT.name, number=3, seen=START.raised.summary)
    assert store.record(1).facts == (started,)
    event = store.events(1)[-1]
    assert (event.step, event.data.stored_kind) == ("response-time", "alert")
    assert (payload(event).name, payload(event).number, payload(event).seconds) == (ALERT.name, 3, 60)


def test_a_cancellation_says_why_and_that_nothing_is_rolled_back(store: Store) -> None:
    write_countdown(store, PAGE, 1, CANCEL, NOON)
    end = CountdownEnd(by=BOT, at=NOON, alert=ALERT.name, number=3, why="within its limits again")
    assert store.record(1).facts == (end,)
    recovered = payload(store.events(1)[-1])
    assert (recovered.title, recovered.summary) == (ALERT.name, "within its limits again; nothing is rolled back")


def test_an_expired_countdown_requests_the_rollback_in_the_bots_name(store: Store) -> None:
    write_countdown(store, PAGE, 1, EXPIRED, NOON)
    request = store.record(1).rollback
    assert request
    assert (request.by, request.at) == (BOT, NOON)
    assert request.reason == f"{ALERT.name}: 9 s (limit: above 5 s); nobody held the countdown"
    assert store.events(1)[-1].data.stored_kind == "rollback"


def test_a_rollback_of_a_run_on_hold_says_that_a_hold_stops_no_countdown(store: Store) -> None:
    store.add_fact(1, Hold(by=Actor(person="U2", door=Door.SLACK), at=NOON, number=0))
    write_countdown(store, PAGE, 1, EXPIRED, NOON)
    request = store.record(1).rollback
    assert request
    assert request.reason.endswith("; the run was on hold, but nobody held the countdown")


@pytest.mark.parametrize("change", [START, CANCEL, EXPIRED], ids=["start", "cancel", "expired"])
def test_a_change_is_written_once(store: Store, change: StartCountdown | CancelCountdown | CountdownExpired) -> None:
    for _ in range(2):
        write_countdown(store, PAGE, 1, change, NOON)
    assert len(store.record(1).facts) == 1
    assert len(store.events(1)) == 2, "the run's start and the change"


@pytest.mark.parametrize("change", [START, CANCEL, EXPIRED], ids=["start", "cancel", "expired"])
def test_a_change_that_no_longer_applies_is_not_written(
    store: Store, change: StartCountdown | CancelCountdown | CountdownExpired
) -> None:
    write_countdown(store, PAGE, 1, change, NOON, never)
    assert store.record(1).facts == ()
    assert len(store.events(1)) == 1, "only the run's start"
