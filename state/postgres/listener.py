"""Hears what other bots write, and looks now and then whether something was missed."""

from __future__ import annotations

import logging
import threading
from collections import Counter
from contextlib import suppress

import psycopg

from state.errors import BadRecord
from state.postgres.connect import open_session
from state.postgres.migrations import Connection
from state.postgres.numbers import CHANNEL
from state.postgres.session import BEAT, RECONNECT, Session
from state.store.database import written

LOG = logging.getLogger("gonogo.record")
_HEADS = """
SELECT run, number FROM journal_heads
WHERE run IN (SELECT id FROM runs WHERE state IN ('going', 'rolling back')) OR run = 0
"""


class Listener:
    """Counts the writes of other sessions, by run: 0 for those that belong to no run. Wakes `changed` at each.

    `own` are the writes of this process, counted alike.

    It has a session of its own. The bot's session is used now and then too, so that PostgreSQL knows that the bot
    lives, and that a notification which was lost is noticed.
    """

    def __init__(self, session: Session, changed: threading.Condition, own: Counter[int]) -> None:
        self._session = session
        self._changed = changed
        self._writes: Counter[int] = Counter()
        self._own = own
        self._lost = 0  # how often something may have been missed
        self._heads: dict[int, int] = {}
        self._counted: Counter[int] = Counter()  # the writes that were known of at the last look
        self._stopping = threading.Event()
        self._connection: Connection | None = self._listen()
        threading.Thread(target=self._hear_all, name="record listens", daemon=True).start()
        if session.serving:
            threading.Thread(target=self._beat_all, name="record lives", daemon=True).start()

    def count(self, run: int | None = None) -> int:
        """A number that changes with every write of another session; see `state.store.database.Database.version`."""
        return written(self._writes, run) + self._lost

    def close(self) -> None:
        """Hear nothing any more."""
        self._stopping.set()
        if self._connection is not None:
            self._connection.close()

    def _listen(self) -> Connection:
        connection = open_session(self._session.address, "gonogo listens")
        connection.execute(f"LISTEN {CHANNEL}".encode())
        return connection

    def _hear_all(self) -> None:
        while not self._stopping.is_set():
            try:
                if self._connection is None:
                    self._connection = self._listen()
                    self._wake_all()
                for heard in self._connection.notifies(timeout=BEAT):
                    if heard.pid != self._session.process:
                        self._writes[int(heard.payload)] += 1
                        self._wake()
            except (psycopg.Error, BadRecord, OSError, ValueError):
                self._forget_connection()
                self._stopping.wait(RECONNECT)

    def _forget_connection(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(psycopg.Error):
                connection.close()

    def _beat_all(self) -> None:
        number = self._session.number  # of the session by which nothing was missed
        while not self._stopping.wait(BEAT):
            try:
                seen = self._look()
            except BadRecord as error:
                LOG.debug("the record cannot be used now: %s", error)
                continue
            if seen != number:
                number = seen
                self._wake_all()

    def _look(self) -> int:
        """Compare how far each active run is written with the last look. Returns the number of the session."""
        counted = self._own + self._writes
        with self._session.reading() as connection:
            number = self._session.number
            heads = {row["run"]: row["number"] for row in connection.execute(_HEADS).fetchall()}
            self._session.clock.read(connection)
        # what this process wrote or heard of meanwhile has been read since by whoever waits for it
        missed = [
            run
            for run, number in heads.items()
            if self._heads.get(run) not in {None, number} and counted[run] == self._counted[run]
        ]
        self._heads, self._counted = heads, counted
        for run in missed:
            self._writes[run] += 1
        if missed:
            self._wake()
        return number

    def _wake_all(self) -> None:
        self._lost += 1
        self._wake()

    def _wake(self) -> None:
        with self._changed:
            self._changed.notify_all()
