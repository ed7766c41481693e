"""The outbox on each record: what is too old, what cannot be read, and a bot that was frozen."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from bot.feeds import outbox, pauses
from bot.feeds.destination import RunFeed
from bot.feeds.outbox import Outbox
from bot.rehearsal.target.postgres import Postgres
from bot.tools.outside_address import NotTaken
from state.records import Event, Run
from state.store import RecordStore
from state.store.database import Duty
from tests.bot.test_serve import wait_for
from tests.pages import event
from tests.state.kept import Kept, KeptInPostgres
from tests.state.sqlite.samples import STARTED, new_run
from tests.state.store.conftest import kept

__all__ = ["kept"]
WARNED = "gonogo.feeds"


class Shelf:
    """A destination that keeps what it is sent, unless it has a `problem`."""

    duty = Duty.EVENTS
    what = "events"
    name = "the shelf"

    def __init__(self) -> None:
        self.taken: list[tuple[int, int]] = []
        self.problem = ""

    def feed(self, store: RecordStore, run: Run, told: int) -> ShelfFeed:
        return ShelfFeed(self, run.id)


class ShelfFeed:
    def __init__(self, shelf: Shelf, run: int) -> None:
        self.shelf, self.run = shelf, run

    def send(self, event: Event) -> NotTaken | None:
        if self.shelf.problem:
            return NotTaken(self.shelf.problem)
        self.shelf.taken.append((self.run, event.id))
        return None


class Held(dict[int, tuple[int, RunFeed]]):
    """Where an outbox notes what it has sent and stored: whoever does so waits until the test lets him go on."""

    def __init__(self) -> None:
        super().__init__()
        self.reached, self.goes_on = threading.Event(), threading.Event()

    def __setitem__(self, run: int, sent: tuple[int, RunFeed]) -> None:
        super().__setitem__(run, sent)
        self.reached.set()
        self.goes_on.wait(60)


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox, "POLL", 0.05)
    monkeypatch.setattr(outbox, "LOOK", 0.1)
    monkeypatch.setattr(pauses, "LONGEST", 0.2)


@contextmanager
def sending(store: RecordStore, shelf: Shelf) -> Iterator[Outbox]:
    """An outbox that sends to the shelf within the block."""
    sender = Outbox(store, shelf)
    sender.start()
    try:
        yield sender
    finally:
        sender.stop()


@pytest.fixture
def store(kept: Kept) -> Iterator[RecordStore]:
    """The record as a bot serves it."""
    opened = kept.open(serving=True)
    yield opened
    opened.close()


def start(store: RecordStore, *, hours_ago: float = 0, target: str = "shop") -> Run:
    """A run with two events."""
    at = store.now() - timedelta(hours=hours_ago)
    run = store.start_run(new_run(target), at, STARTED)
    store.add_events(run.id, at, event("began"))
    return run


def all_told(store: RecordStore) -> bool:
    return not store.untold(Duty.EVENTS, store.now() - timedelta(days=7))


def test_what_was_refused_for_a_day_is_left_out_with_a_line_and_what_is_newer_is_sent(
    store: RecordStore, caplog: pytest.LogCaptureFixture
) -> None:
    run, shelf = start(store, hours_ago=25), Shelf()
    first, second = store.events(run.id)
    store.save_told(run.id, Duty.EVENTS, first.id)
    store.add_events(run.id, store.now(), event("status"))
    with sending(store, shelf):
        wait_for(lambda: all_told(store), "everything")
    newest = store.events(run.id)[-1].id
    assert shelf.taken == [(run.id, newest)]
    assert newest > second.id
    assert caplog.messages == [f"run {run.id}: 1 of events are left out: 24 h old"]


def test_of_what_is_older_than_its_address_nothing_is_said(
    store: RecordStore, caplog: pytest.LogCaptureFixture
) -> None:
    start(store, hours_ago=25)
    run, shelf = start(store, hours_ago=1, target="other"), Shelf()
    with sending(store, shelf):
        wait_for(lambda: all_told(store), "everything")
    assert shelf.taken == [(run.id, one.id) for one in store.events(run.id)]
    assert not caplog.messages


def test_an_outage_is_two_lines_however_many_runs_wait(store: RecordStore, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger=WARNED)
    runs, shelf = [start(store, target=f"shop {number}") for number in range(5)], Shelf()
    shelf.problem = "status 503"
    with sending(store, shelf):
        time.sleep(1)
        shelf.problem = ""
        wait_for(lambda: all_told(store), "everything")
    assert {run for run, _ in shelf.taken} == {run.id for run in runs}
    assert caplog.messages == [
        "events are not taken by the shelf (status 503); they wait, and are sent again with growing pauses",
        "events are taken by the shelf again",
    ]


def test_a_run_that_cannot_be_read_is_named_and_keeps_no_other_from_being_sent(
    kept: Kept, store: RecordStore, caplog: pytest.LogCaptureFixture
) -> None:
    broken, good, shelf = start(store), start(store, target="other"), Shelf()
    kept.by_hand(f"UPDATE runs SET began_at = 'no time' WHERE id = {broken.id}")
    with sending(store, shelf):
        wait_for(lambda: len(shelf.taken) == 2, "the other run")
        wait_for(lambda: caplog.messages, "a word of the broken one")
    assert {run for run, _ in shelf.taken} == {good.id}
    assert caplog.messages[0].startswith(f"run {broken.id}: sending events waits: ")


def test_a_bot_that_was_frozen_sends_nothing_that_another_bot_has_taken_since(
    postgres: Postgres, tmp_path: Path
) -> None:
    kept = KeptInPostgres(postgres, tmp_path)
    kept.prepare()
    first, second = kept.open(serving=True), kept.open(serving=True)
    try:
        run, frozen, shelf = start(first), Shelf(), Shelf()
        ids = [one.id for one in first.events(run.id)]
        with sending(first, frozen) as sender:
            sender._feeds = Held()
            wait_for(sender._feeds.reached.is_set, "the first event")
            with first._db._session.mutex, sending(second, shelf):  # type: ignore[attr-defined]
                kept.admin(  # what PostgreSQL does to the session of a bot that says nothing
                    "SELECT pg_terminate_backend(pid) FROM pg_locks "
                    "WHERE locktype = 'advisory' AND objid = 1 AND granted"
                )
                wait_for(lambda: all_told(second), "what the other bot sends")
            sender._feeds.goes_on.set()
            time.sleep(1)
        assert frozen.taken == [(run.id, ids[0])]
        assert shelf.taken == [(run.id, number) for number in ids[1:]]
        assert second.told(run.id, Duty.EVENTS) == ids[-1]
    finally:
        kept.close()
