"""What is read from the record for a scrape."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from bot.metrics.numbers import read_numbers
from commands.start.request import StartRequest
from commands.start.starter import start
from state.events import EventKind, StatusDue
from state.records import NewEvent, RunState
from tests.commands.run.driven_runner import wait_until
from tests.commands.run.engine_case import PAGE, PEOPLE, STARTER, EngineCase
from tests.pages import fact

DAY = timedelta(days=1)


@pytest.fixture
def case(tmp_path: Path) -> Iterator[EngineCase]:
    """An engine that carries out a run, which began 16 minutes ago; its first status post is due after 15."""
    case = EngineCase(tmp_path)
    start(case.store, PAGE, StartRequest(), STARTER, PEOPLE, case.store.now() - timedelta(minutes=16))
    case.engine.start()
    wait_until(lambda: case.engine.runners)
    yield case
    case.engine.stop()
    case.store.close()


def late(case: EngineCase, *, slack: bool) -> float:
    """The lateness of the last status post, in seconds."""
    return read_numbers(case.engine, case.store, DAY if slack else None).late


def test_a_status_post_is_late_until_people_can_read_it(case: EngineCase) -> None:
    assert 60 <= late(case, slack=True) < 100, "it is not written"
    store, now = case.store, case.store.now()
    store.add_events(1, now - timedelta(seconds=50), NewEvent(data=StatusDue(slot=1)))
    assert 60 <= late(case, slack=True) < 100, "it is written, and not posted"
    assert 8 <= late(case, slack=False) < 40, "it was written 10 s late, and nobody posts it"
    event = store.newest_event(1, EventKind.STATUS_DUE)  # the engine may have written another one since
    assert event
    store.save_post(1, event.id, "C1", str((now - timedelta(seconds=20)).timestamp()))
    assert 38 <= late(case, slack=True) < 58


def test_a_bot_without_slack_has_no_outbox(case: EngineCase) -> None:
    assert read_numbers(case.engine, case.store, None).unposted is None
    assert read_numbers(case.engine, case.store, DAY).unposted


def test_what_is_read_of_the_record(case: EngineCase) -> None:
    before = case.store.version()[1]
    numbers = read_numbers(case.engine, case.store, DAY)
    assert numbers.active == {RunState.GOING: 1, RunState.ROLLING_BACK: 0}
    assert 0 < before <= numbers.writes <= case.store.version()[1], "the engine writes meanwhile"
    assert numbers.countdowns == 0
    case.engine.stop()  # it would cancel a countdown that no sample calls for
    alert = case.engine.runners[0].page.alerts[0].name
    case.store.add_fact(1, fact("countdown", alert))
    assert read_numbers(case.engine, case.store, DAY).countdowns == 1
    case.store.add_fact(1, fact("recovered", alert))
    assert read_numbers(case.engine, case.store, DAY).countdowns == 0
