"""The one session of a bot with PostgreSQL, which holds the locks of its runs."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import psycopg

from state.errors import BadRecord
from state.postgres.address import PostgresAddress
from state.postgres.clock import ServerClock
from state.postgres.connect import open_session
from state.postgres.migrations import Connection
from state.postgres.numbers import CHANNEL, OWNER, SERVING, Lock
from state.postgres.sentences import not_done

LOG = logging.getLogger("gonogo.record")
BEAT = 3.0  # seconds between two signs of life of a serving bot
FROZEN = "10s"  # after which PostgreSQL ends the session of a bot that gives none; its runs are free then
RECONNECT = 1.0  # seconds between two tries to get a new session
LONG_AWAY = 10.0  # seconds without a session after which a run may have been rolled back from its mirror meanwhile
WORD_OF_IT = 3.0  # seconds in which whoever did that says so; until then a bot takes no run that is not its own
_TAKE = """
INSERT INTO owners VALUES (%s, %s, 1) ON CONFLICT (lock, run) DO UPDATE SET taken = owners.taken + 1 RETURNING taken
"""


class Session:
    """The session, made anew where it was lost; `number` counts the sessions.

    PostgreSQL frees the locks of a session that ends. The next one takes a run again only if no other session has
    taken it since: `owned` says for each lock and run how often it had been taken when this process took it.
    """

    def __init__(self, address: PostgresAddress, *, serving: bool) -> None:
        self.address = address
        self.name = address.name
        self.serving = serving
        self.mutex = threading.RLock()
        self.clock = ServerClock()
        self.number = 1
        self.in_force = 0  # the number of the session that serves with what is in force
        self.owned: dict[Lock, int] = {}
        self._pinned: Connection | None = None
        self._failed: tuple[float, BadRecord] | None = None  # when the last try failed, and why
        self._closed = False
        self._lost_at: float | None = None
        self._takes_from = 0.0  # when this process may take what it did not own before
        self._connection: Connection | None = self._open()
        self.process = self._connection.info.backend_pid

    @property
    def connection(self) -> Connection:
        """The session to work with, made anew if it was lost. The caller holds `mutex`. Raises BadRecord."""
        self.require_open()
        if self._pinned is not None and self._pinned is not self._connection:
            raise BadRecord(f"The connection to the record at {self.name} was lost; nothing was saved.")
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
        if self._lost_at is not None and time.monotonic() - self._lost_at >= LONG_AWAY:
            self._takes_from = time.monotonic() + WORD_OF_IT
        self._lost_at = None
        self.process = self._connection.info.backend_pid
        LOG.info("connected to the record at %s again", self.name)
        return self._connection

    def lose(self) -> None:
        """Give the session up. The caller holds `mutex`."""
        if self._connection is None:
            return
        LOG.warning("the connection to the record at %s is lost; until it is back no step begins", self.name)
        with suppress(psycopg.Error):
            self._connection.close()
        self._connection = None
        self._lost_at = time.monotonic()
        self.number += 1

    @contextmanager
    def pinned(self, connection: Connection) -> Iterator[Connection]:
        """Inside the block no other session takes the place of this one. The caller holds `mutex`."""
        self._pinned = connection
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

    def own(self, lock: Lock) -> int:
        """How often that was taken, if this process has it now; 0 if another session has. Raises BadRecord."""
        with self.reading() as connection:
            waits = self.serving and lock[0] == OWNER and time.monotonic() < self._takes_from
            if lock not in self.owned and not waits and _try(connection, lock):
                row = connection.execute(_TAKE, lock).fetchone()
                self.owned[lock] = row["taken"] if row else 0
            return self.owned.get(lock, 0)

    def release(self, lock: Lock, *, wake: bool = False) -> None:
        """Let another session take it, and `wake` them all; does nothing where this one does not have it.

        Raises BadRecord.
        """
        with self.reading() as connection:
            if self.owned.pop(lock, None):
                connection.execute("SELECT pg_advisory_unlock(%s, %s)", lock)
                if wake:
                    # not the run's number: whoever has it knows, and the others look for runs to take
                    connection.execute("SELECT pg_notify(%s, '0')", [CHANNEL])

    def _own_again(self, connection: Connection) -> None:
        """Take in a new session what the lost one owned, unless somebody else has taken it meanwhile."""
        for lock, taken in list(self.owned.items()):
            if not _try(connection, lock):
                del self.owned[lock]
                continue
            row = connection.execute("SELECT taken FROM owners WHERE lock = %s AND run = %s", lock).fetchone()
            if row is None or row["taken"] != taken:
                del self.owned[lock]
                connection.execute("SELECT pg_advisory_unlock(%s, %s)", lock)

    def _open(self) -> Connection:
        connection = open_session(self.address, "gonogo serve" if self.serving else "gonogo")
        try:
            if self.serving:
                connection.execute("SELECT pg_advisory_lock_shared(%s, 0)", [SERVING])
                connection.execute("SELECT set_config('idle_session_timeout', %s, false)", [FROZEN])
            self._own_again(connection)
            self.clock.read(connection)
        except psycopg.errors.LockNotAvailable:
            connection.close()
            raise BadRecord(
                f"The record at {self.name} is locked, as `gonogo record copy` locks it, so no bot serves it now. Try "
                "again when that has ended."
            ) from None
        except psycopg.Error as error:
            connection.close()
            raise not_done(self.name, error, "read") from None
        return connection


def _try(connection: Connection, lock: Lock) -> bool:
    row = connection.execute("SELECT pg_try_advisory_lock(%s, %s) AS got", lock).fetchone()
    return bool(row and row["got"])
