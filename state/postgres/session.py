"""The one session of a bot with PostgreSQL, shared by all its threads, which holds the locks of its runs."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import psycopg

from state.errors import BadRecord
from state.postgres.address import PostgresAddress
from state.postgres.connect import open_session
from state.postgres.migrations import Connection
from state.postgres.numbers import OWNER, SERVING
from state.postgres.sentences import not_done

LOG = logging.getLogger("gonogo.record")
BEAT = 3.0  # seconds between two signs of life of a serving bot
FROZEN = "10s"  # after which PostgreSQL ends the session of a bot that gives none; its runs are free then
RECONNECT = 1.0  # seconds between two tries to get a new session


class Session:
    """The session, and its number, which grows with each new one.

    PostgreSQL frees the locks of a session that ends, so what a session owned is owned no more by the next.
    """

    def __init__(self, address: PostgresAddress, *, serving: bool) -> None:
        self.address = address
        self.name = address.name
        self.serving = serving
        self.mutex = threading.RLock()
        self.number = 1
        self.owned: set[int] = set()
        self._pinned: Connection | None = None
        self._failed: tuple[float, BadRecord] | None = None  # when the last try failed, and why
        self._closed = False
        self._connection: Connection | None = self._open()
        self.process = self._connection.info.backend_pid

    @property
    def connection(self) -> Connection:
        """The session to work with, made anew if it was lost. The caller holds `mutex`. Raises BadRecord."""
        self.require_open()
        if self._pinned is not None and self._pinned is not self._connection:
            raise BadRecord(f"The connection to the record at {self.name} was lost. Nothing was saved.")
        if self._connection is not None and not self._connection.closed:
            return self._connection
        if self._connection is not None:
            self.lose()
        if self._failed and time.monotonic() - self._failed[0] < RECONNECT:
            raise self._failed[1]
        try:
            self._connection = self._open()
        except BadRecord as error:
            self._failed = time.monotonic(), error
            raise
        self._failed = None
        self.process = self._connection.info.backend_pid
        LOG.info("connected to the record at %s again", self.name)
        return self._connection

    def lose(self) -> None:
        """Give the session up: whatever it owned is not this bot's any more. The caller holds `mutex`."""
        if self._connection is None:
            return
        LOG.warning("the connection to the record at %s is lost; its runs wait for a bot that owns them", self.name)
        with suppress(psycopg.Error):
            self._connection.close()
        self._connection = None
        self.number += 1
        self.owned.clear()

    @contextmanager
    def pinned(self) -> Iterator[Connection]:
        """Inside the block no other session takes the place of this one. The caller holds `mutex`. Raises BadRecord."""
        self._pinned = connection = self.connection
        try:
            yield connection
        finally:
            self._pinned = None

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Inside the block something is read. Raises BadRecord."""
        with self.mutex:
            connection = self.connection
            try:
                yield connection
            except psycopg.Error as error:
                if connection.closed:
                    self.lose()
                raise not_done(self.name, error, "read") from None

    def close(self) -> None:
        """End the session, and with it free what it owns."""
        with self.mutex:
            self._closed = True
            self.owned.clear()
            if self._connection is not None:
                self._connection.close()

    def require_open(self) -> None:
        """Raise BadRecord if this process has left the record."""
        if self._closed:
            raise BadRecord(f"The record at {self.name} cannot be read now (it is closed).")

    def own(self, run: int) -> int:
        """The number of the session if it owns the run now, 0 if another session does. Raises BadRecord."""
        with self.reading() as connection:
            if run not in self.owned:
                row = connection.execute("SELECT pg_try_advisory_lock(%s, %s) AS got", [OWNER, run]).fetchone()
                if not row or not row["got"]:
                    return 0
                self.owned.add(run)
            return self.number

    def release(self, run: int) -> None:
        """Let another session own the run; does nothing where this one does not. Raises BadRecord."""
        with self.reading() as connection:
            if run in self.owned:
                connection.execute("SELECT pg_advisory_unlock(%s, %s)", [OWNER, run])
                self.owned.discard(run)

    def _open(self) -> Connection:
        connection = open_session(self.address, "gonogo serve" if self.serving else "gonogo")
        if self.serving:
            connection.execute("SELECT pg_advisory_lock_shared(%s, 0)", [SERVING])
            connection.execute("SELECT set_config('idle_session_timeout', %s, false)", [FROZEN])
        return connection
