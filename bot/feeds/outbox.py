"""The outbox: sends each run's events to one destination, in order, and delays nothing."""

from __future__ import annotations

import logging
import queue
import threading
import time
from contextlib import suppress
from datetime import datetime, timedelta
from itertools import takewhile

from bot.feeds.destination import Destination, RunFeed
from bot.feeds.pauses import Pauses
from bot.tools.outside_address import NotTaken
from state.errors import BadRecord, NotOwner
from state.events import FeedWaits
from state.records import Event, NewEvent, Run
from state.store import RecordStore

LOG = logging.getLogger("gonogo.feeds")
AGE = timedelta(hours=24)  # an event that is older is not sent any more
# a run that ended longer ago is not looked at any more: only what KEEP started is told that late
ENDED = timedelta(days=7)
POLL = 0.5  # seconds
LOOK = 2.0  # seconds between two looks at a record to which nothing was written: a pause may be over
WORKERS = 4  # runs that are sent side by side
SETTLE = 2.0  # seconds that a bot which leaves waits for what is under way


class Outbox:
    """Threads of its own, so that a destination that hangs holds up nothing else.

    Of several bots one sends a run: the one that has the destination's duty for it. It keeps that until the run is
    over. The record says up to which event the destination was told.
    """

    def __init__(self, store: RecordStore, destination: Destination) -> None:
        self._store = store
        self._to = destination
        self._pauses = Pauses(destination)
        self._feeds: dict[int, tuple[int, RunFeed]] = {}  # by run, with the newest event that was sent
        self._queue: queue.SimpleQueue[int] = queue.SimpleQueue()
        self._busy: set[int] = set()
        self._stopping = threading.Event()
        self._looked_at = 0.0
        self._version: tuple[int, int] | None = None

    def start(self) -> None:
        """Send from now on."""
        for target in (self._look, *[self._work] * WORKERS):
            threading.Thread(target=target, name=f"sends {self._to.duty}", daemon=True).start()

    def stop(self) -> None:
        """Send no more, and let other bots go on at once. Returns within about SETTLE seconds."""
        self._stopping.set()
        until = time.monotonic() + SETTLE
        while self._busy and time.monotonic() < until:
            time.sleep(0.01)
        with suppress(BadRecord):  # without the session the duties are free already
            self._store.hand_over([run for run in list(self._feeds) if run not in self._busy], self._to.duty)

    # -- which runs have something to send ------------------------------------------------------------------------

    def _look(self) -> None:
        while not self._stopping.wait(POLL):
            try:
                if self._is_due():
                    self._give_out()
            except BadRecord as error:
                # the message is enough, a traceback would hide it
                LOG.error("sending %s waits: %s", self._to.what, error)  # noqa: TRY400
            except Exception:
                LOG.exception("sending %s continues after an error in the bot", self._to.what)

    def _is_due(self) -> bool:
        version, now = self._store.version(), time.monotonic()
        if version == self._version and now - self._looked_at < LOOK:
            return False
        self._version, self._looked_at = version, now
        return True

    def _give_out(self) -> None:
        untold = self._store.untold(self._to.duty, self._store.now() - ENDED)
        due = [run for run in untold if run not in self._busy and self._pauses.is_over(run)]
        elsewhere = self._store.owned_elsewhere(self._to.duty) if due else frozenset()
        self._pauses.forget(set(elsewhere))
        for run in due:
            if run not in elsewhere:
                self._busy.add(run)
                self._queue.put(run)

    # -- one run ----------------------------------------------------------------------------------------------------

    def _work(self) -> None:
        while True:
            run = self._queue.get()
            try:
                self._send(run)
            except NotOwner:
                self._feeds.pop(run, None)  # another bot sends it
            except BadRecord as error:
                LOG.error("run %s: sending %s waits: %s", run, self._to.what, error)  # noqa: TRY400
                self._pauses.pause(run)
            except Exception:
                LOG.exception("run %s: sending %s continues after an error in the bot", run, self._to.what)
                self._pauses.pause(run)
            finally:
                self._busy.discard(run)

    def _send(self, number: int) -> None:
        """Send what is new of a run, until all is sent or something is not taken."""
        store = self._store.owned(number, self._to.duty)
        if store is None:
            self._feeds.pop(number, None)
            return
        told = self._past_old(store, number)
        known, feed = self._feeds.get(number, (0, None))
        if feed is None or known != told:
            feed = self._to.feed(store, store.run(number), told)
        while events := store.events(number, told):
            for event in events:
                if self._stopping.is_set():
                    return
                store.require_lock()  # a bot that was frozen meanwhile must not send what another one has sent
                if not_taken := feed.send(event):
                    self._pauses.refused(number, not_taken)
                    self._tell_people(store.run(number), not_taken)
                    return
                self._pauses.taken(number)
                store.save_told(number, self._to.duty, event.id)
                told = event.id
                self._feeds[number] = told, feed
        self._pauses.taken(number)
        if not store.run(number).active:
            self._feeds.pop(number, None)
            store.release(number, self._to.duty)

    def _tell_people(self, run: Run, not_taken: NotTaken) -> None:
        """Post once in an outage, in the thread of a run that goes on, that other programs are not told of it."""
        if run.active and self._pauses.must_be_told():
            told = FeedWaits(what=self._to.what, name=self._to.name, why=not_taken.why)
            self._store.add_events(run.id, self._store.now(), NewEvent(data=told))

    def _past_old(self, store: RecordStore, number: int) -> int:
        """Up to which event the destination was told, once those that are too old are left out.

        Nothing is said of those from before it was set: a run of which it has never heard.
        """
        told, since, left_out = store.told(number, self._to.duty), store.now() - AGE, 0
        heard_of, position = told is not None, told or 0
        while old := _older(store.events(number, position), since):
            left_out, position = left_out + len(old), old[-1].id
        if left_out:
            store.save_told(number, self._to.duty, position)
        if left_out and heard_of:
            hours = AGE.total_seconds() / 3600
            LOG.warning("run %s: %s of %s are left out: %g h old", number, left_out, self._to.what, hours)
        return position


def _older(events: list[Event], than: datetime) -> list[Event]:
    """The first of the events, as far as they are older."""
    return [*takewhile(lambda event: event.at < than, events)]
