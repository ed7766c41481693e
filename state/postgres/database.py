"""The tables of a record in PostgreSQL, written over one session; and who owns its runs."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import chain
from typing import Any

import psycopg
from psycopg import sql as names

from state.errors import BadRecord, NotOwner
from state.postgres.address import PostgresAddress
from state.postgres.connect import require_usable
from state.postgres.listener import Listener
from state.postgres.migrations import Connection, migrate
from state.postgres.numbers import CHANNEL, IN_FORCE, LOCKS, OWNER, POSTER, WRITE, Lock
from state.postgres.schema import look_ahead
from state.postgres.sentences import not_done, perhaps_done
from state.postgres.session import Session
from state.postgres.tables import PostgresTables, run_statement
from state.postgres.texts import to_database
from state.store.database import Duty, RowExists, written

# the second numbers of the locks of a kind that other sessions hold
_HELD = """
SELECT objid::bigint AS objid FROM pg_locks WHERE locktype = 'advisory' AND classid = ? AND granted
AND database = (SELECT oid FROM pg_database WHERE datname = current_database()) AND pid <> pg_backend_pid()
"""
# the sessions that post runs, by the runs' channels; without one, of all channels together
_POSTING = """
SELECT channel, count(DISTINCT pid) AS bots FROM pg_locks JOIN runs ON id = objid::bigint
WHERE locktype = 'advisory' AND classid = ? AND granted
AND database = (SELECT oid FROM pg_database WHERE datname = current_database()) GROUP BY ROLLUP (channel)
"""
_NUMBERED = ("facts", "events")  # tables whose `id` PostgreSQL gives


@dataclass
class _Shared:
    """What all users of a session have in common; `dirty` says whether the present write wrote anything."""

    changed: threading.Condition = field(default_factory=threading.Condition)
    writes: Counter[int] = field(default_factory=Counter)  # of this process, by run
    dirty: bool = False
    listener: Listener | None = None


class PostgresDatabase(PostgresTables):
    """The tables of a record, to read and write; all threads share one session.

    For whoever has taken a `lock` on a run, `taken` says how often it had been taken then: once another session takes
    it, nothing is read or written here.
    """

    def __init__(self, session: Session, shared: _Shared | None = None, lock: Lock = (0, 0), taken: int = 0) -> None:
        super().__init__(session)
        self._shared = shared or _Shared()
        self.changed = self._shared.changed
        self._lock = lock
        self._run = lock[1]
        self._taken = taken

    @property
    def serving(self) -> bool:
        """Whether this process serves the record, beside others that may."""
        return self._session.serving

    def require_lock(self) -> None:
        """See `state.store.database.Database.require_lock`. PostgreSQL itself is asked, by the owner of a run only."""
        if self._run:
            self.rows("SELECT 1")  # a session that was ended meanwhile is found out

    def rows(self, sql: str, *values: Any, errors: str = "strict") -> list[dict[str, Any]]:
        """See `state.store.database.Tables.rows`."""
        with self._session.mutex:
            rows = super().rows(sql, *values, errors=errors)
            self._require_owner()
        return rows

    def others_in_force(self) -> bool:
        """See `state.store.database.Database.others_in_force`."""
        return bool(self._held_elsewhere(IN_FORCE))

    def hold_in_force(self) -> None:
        """See `state.store.database.Database.hold_in_force`."""
        if not self.is_in_force():
            run_statement(self._session.connection, "SELECT pg_advisory_lock_shared(?, 0)", (IN_FORCE,))
            self._session.in_force = self._session.number

    def is_in_force(self) -> bool:
        """See `state.store.database.Database.is_in_force`."""
        return self._session.in_force == self._session.number

    def clock_offset(self) -> timedelta:
        """See `state.store.database.Database.clock_offset`: the time of day of all bots is PostgreSQL's."""
        return self._session.clock.offset

    def version(self, run: int | None = None) -> tuple[int, int]:
        """See `state.store.database.Database.version`. No statement is needed for it, nor is a writer waited for."""
        self._require_owner()
        return self._listening().count(run), written(self._shared.writes, run)

    def listen(self) -> None:
        """Hear what others write from now on, and give PostgreSQL signs of life."""
        self._listening()

    def insert(self, table: str, row: Mapping[str, Any]) -> int:
        """See `state.store.database.Database.insert`."""
        columns, values = list(row), list(row.values())
        marks: names.Composable = _marks(len(values))
        answer = names.SQL("RETURNING id") if table in _NUMBERED else names.SQL("")
        if table == "runs" and "id" not in row:
            # the number after the newest, and none is left out where a start fails
            columns.append("id")
            marks = names.SQL("{}, (SELECT coalesce(max(id), 0) + 1 FROM runs)").format(marks)
        if table == "runs":
            answer = names.SQL("RETURNING id")
        statement = names.SQL("{} {}").format(_insertion(table, columns, marks), answer)
        cursor = self._session.connection.execute(statement, [to_database(value) for value in values])
        self._shared.dirty = True
        added = cursor.fetchone() if cursor.description else None
        return int(added["id"]) if added else 0

    def insert_all(self, table: str, rows: Iterable[Mapping[str, Any]]) -> None:
        """See `state.store.database.Database.insert_all`."""
        rows = iter(rows)
        first = next(rows, None)
        if first is None:
            return
        statement = _insertion(table, first, _marks(len(first)))
        values = ([to_database(row[name]) for name in first] for row in chain([first], rows))
        with self._session.connection.cursor() as cursor:
            cursor.executemany(statement, values)
        self._shared.dirty = True

    def execute(self, sql: str, *values: Any) -> None:
        """See `state.store.database.Database.execute`."""
        if run_statement(self._session.connection, sql, values).rowcount > 0:
            self._shared.dirty = True

    @contextmanager
    def write(self, run: int = 0, also: int = 0) -> Iterator[None]:
        """See `state.store.database.Database.write`."""
        with self._session.mutex, self._session.pinned(self._begin(run, also)) as connection:
            try:
                yield
                self._finish(connection, run, also)
            except psycopg.errors.IntegrityError as error:
                self._undo(connection)
                raise RowExists(error.diag.message_primary or "") from None
            except psycopg.Error as error:
                self._undo(connection)
                raise not_done(self.name, error, "written") from None
            except BaseException:
                self._undo(connection)
                raise
            if not self._shared.dirty:
                return  # nothing new was written, so nobody needs to wake up
            self._shared.writes[run] += 1
            self._shared.writes[also] += bool(also)
        with self.changed:
            self.changed.notify_all()

    def number_on(self) -> None:
        """See `state.store.database.Database.number_on`."""
        for table, column in {"attempts": "number", **dict.fromkeys(_NUMBERED, "id")}.items():
            newest = f"(SELECT coalesce(max({column}), 0) + 1 FROM {table})"  # noqa: S608
            self.execute(f"SELECT setval(pg_get_serial_sequence('{table}', '{column}'), {newest}, false)")

    # -- ownership ----------------------------------------------------------------------------------------------

    def own(self, run: int, duty: Duty = Duty.RUN) -> PostgresDatabase | None:
        """See `state.store.database.Database.own`."""
        lock = LOCKS[duty], run
        taken = self._session.own(lock)
        return PostgresDatabase(self._session, self._shared, lock, taken) if taken else None

    def owned_elsewhere(self, duty: Duty = Duty.RUN) -> frozenset[int]:
        """See `state.store.database.Database.owned_elsewhere`."""
        return self._held_elsewhere(LOCKS[duty])

    def posting_bots(self) -> tuple[int, dict[str, int]]:
        """See `state.store.database.Database.posting_bots`."""
        bots = {row["channel"]: row["bots"] for row in self.rows(_POSTING, POSTER)}
        everywhere = bots.pop(None, 0)
        return everywhere, bots

    def release(self, run: int, duty: Duty = Duty.RUN) -> None:
        """See `state.store.database.Database.release`."""
        self._session.release((LOCKS[duty], run))

    def hand_over(self, runs: Iterable[int], duty: Duty = Duty.RUN) -> None:
        """See `state.store.database.Database.hand_over`."""
        for run in runs:
            self._session.release((LOCKS[duty], run), wake=True)

    @contextmanager
    def alone(self, run: int) -> Iterator[None]:
        """Inside the block nobody carries out a run. Raises BadRecord if a bot does."""
        if not self._session.own((OWNER, run)):
            raise BadRecord(f"Run {run} at {self.name} is carried out by a bot. Stop every bot of this record first.")
        try:
            yield
        finally:
            self._session.release((OWNER, run))

    def close(self) -> None:
        """Hear nothing any more, and end the session."""
        if self._shared.listener:
            self._shared.listener.close()
        super().close()

    def _held_elsewhere(self, lock: int) -> frozenset[int]:
        return frozenset(row["objid"] for row in self.rows(_HELD, lock))

    # -- inside -------------------------------------------------------------------------------------------------

    def _listening(self) -> Listener:
        self._session.require_open()
        if self._shared.listener is None:
            with self._session.mutex:
                self._shared.listener = self._shared.listener or Listener(
                    self._session, self.changed, self._shared.writes
                )
        return self._shared.listener

    def _begin(self, run: int, also: int) -> Connection:
        """Begin the only transaction that writes to a run, in a new session if the present one is lost."""
        for again in (False, True):
            connection = self._session.connection
            self._require_owner()
            self._shared.dirty = False
            try:
                connection.execute("BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE")
                for one in (run, *([also] if also else [])):
                    connection.execute("SELECT pg_advisory_xact_lock(%s, %s)", [WRITE, one])
            except psycopg.Error as error:
                lost = connection.closed
                self._undo(connection)
                if again or not lost:
                    raise not_done(self.name, error, "written") from None
            else:
                return connection
        raise AssertionError("unreachable")

    def _require_owner(self) -> None:
        """Raise NotOwner if this is the owner's view of a run that another session has taken since."""
        if self._run and self._session.owned.get(self._lock) != self._taken:
            raise NotOwner(self._run)

    def _finish(self, connection: Connection, run: int, also: int) -> None:
        for one in (run, *([also] if also else [])):
            if self._shared.dirty:
                connection.execute("SELECT pg_notify(%s, %s)", [CHANNEL, str(one)])
        try:
            connection.execute("COMMIT")
        except psycopg.OperationalError as error:
            if connection.closed:
                # whoever takes the run next reads what was written, and looks at what was begun
                self._session.owned.pop(self._lock, None)
                self._session.lose()
                raise perhaps_done(self.name, error) from None
            raise

    def _undo(self, connection: Connection) -> None:
        if connection.closed:
            self._session.lose()
            return
        with suppress(psycopg.Error):
            connection.execute("ROLLBACK")


def open_database(address: PostgresAddress, *, serving: bool) -> PostgresDatabase:
    """The tables of a record, made or migrated where need be. Raises BadRecord."""
    require_usable(address)
    session = Session(address, serving=serving)
    try:
        with session.reading() as connection:
            migrate(connection, session.name)
        database = PostgresDatabase(session)
        if serving:
            database.listen()
            look_ahead(connection.info.server_version, address)  # last: a server may have no room for a third session
    except BaseException:
        session.close()
        raise
    return database


def _insertion(table: str, columns: Iterable[str], marks: names.Composable) -> names.Composed:
    """The statement that adds a row, without an answer."""
    named = names.SQL(", ").join(map(names.Identifier, columns))
    return names.SQL("INSERT INTO {} ({}) VALUES ({})").format(names.Identifier(table), named, marks)


def _marks(count: int) -> names.Composed:
    return names.SQL(", ").join(names.Placeholder() * count)
