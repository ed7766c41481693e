"""The SQL tool: read-only queries, and files applied once, in one transaction with a receipt, under a lock."""

from __future__ import annotations

import hashlib
import re
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import psycopg

from bot.tools.places import DatabasePlace, libpq_url, resolve
from bot.tools.postgres.deadline import cut_after
from bot.tools.postgres.migration_progress import COMMIT, Piece, Watch, pieces, watched
from bot.tools.secrets import Redactor
from commands.ports.database import Migration, MigrationResult, Rows
from commands.ports.shell import OutputListener, ignore_output
from commands.systems.postgres import receipts
from state.errors import Failed, LostTrack, Stopped, Unreachable

CONNECT_LIMIT = 10  # seconds
LOCK_TRIES = 3
GRACE = 5.0  # seconds that the server gets to keep its own time limit before it counts as silent
# the server itself looks whether we are still there: a client that died must not have its file run to the end, and one
# that froze, or whose machine is gone without a word, must not keep its locks
# (PostgreSQL 13 does not know the first of the settings)
STILL_THERE = """
SELECT set_config(name, '1000', true) FROM pg_settings WHERE name = 'client_connection_check_interval';
SET LOCAL idle_in_transaction_session_timeout = 10000;
SET LOCAL tcp_keepalives_idle = 5; SET LOCAL tcp_keepalives_interval = 2; SET LOCAL tcp_keepalives_count = 3;
"""
DATA_EXCEPTION = "22"  # how the codes of errors about a value begin
BLOCKERS = """
SELECT DISTINCT blocker.pid, blocker.application_name, blocker.usename, blocker.state
FROM unnest(pg_blocking_pids(%s)) AS held (by)
JOIN pg_stat_activity blocker ON blocker.pid = held.by
"""


class PostgresDatabase:
    """`commands.ports.database.Database` over psycopg; every act has a connection of its own."""

    def __init__(self, databases: Mapping[str, DatabasePlace], environ: Mapping[str, str], redact: Redactor) -> None:
        self._databases = databases
        self._environ = environ
        self._redact = redact

    def query(self, database: str, sql: str, *, limit: float = 30) -> Rows:
        """See `commands.ports.database.Database.query`."""
        with self._connected(database, "gonogo query", limit) as connection, self._told(database, sql):
            connection.read_only = True
            connection.execute(f"SET LOCAL statement_timeout = {int(limit * 1000)}")
            cursor = connection.execute(sql.encode())
            columns = tuple(column.name for column in cursor.description or ())
            return Rows(columns=columns, rows=tuple(cursor.fetchall()) if columns else ())

    def apply(
        self, database: str, migration: Migration, *, stop: threading.Event, on_output: OutputListener = ignore_output
    ) -> MigrationResult:
        """See `commands.ports.database.Database.apply`."""
        if stop.is_set():
            raise Stopped(f"{migration.name} was stopped before it began; nothing of it was applied.")
        began = time.monotonic()
        found = pieces(migration.text)
        for attempt in range(1, LOCK_TRIES + 1):
            try:
                already = self._apply_once(database, migration, found, stop, on_output)
                return MigrationResult(already=already, seconds=time.monotonic() - began)
            except _Locked as locked:
                if attempt == LOCK_TRIES:
                    raise Failed(
                        f"{migration.name} waited {migration.lock_timeout:g} s for a lock, {attempt} times; "
                        f"nothing was changed. It is held by {locked.holder}."
                    ) from None
                on_output(f"try {attempt} of {LOCK_TRIES}: a lock is held by {locked.holder}; nothing was changed yet")
                if stop.wait(attempt):
                    raise Stopped(f"{migration.name} waited for a lock; nothing of it was applied.") from None
        raise AssertionError("unreachable")

    def has_receipt(self, database: str, key: str, *, limit: float = 30) -> bool:
        """See `commands.ports.database.Database.has_receipt`."""
        with self._connected(database, f"gonogo look {key}", limit) as connection, self._told(database, ""):
            connection.execute(f"SET LOCAL lock_timeout = {int(limit * 1000)}")
            connection.execute("SELECT pg_advisory_xact_lock(%s)", [receipts.lock_number(key)])
            there = connection.execute("SELECT to_regclass('gonogo.receipts') IS NOT NULL").fetchone()
            if not there or not there[0]:
                return False
            return connection.execute("SELECT 1 FROM gonogo.receipts WHERE key = %s", [key]).fetchone() is not None

    # -- inside -------------------------------------------------------------------------------------------------

    def _apply_once(
        self, database: str, migration: Migration, found: list[Piece], stop: threading.Event, on_output: OutputListener
    ) -> bool:
        with (
            self._connected(
                database, f"gonogo {migration.key}", migration.limit + migration.lock_timeout
            ) as connection,
            _cancelled_on(stop, connection),
            watched(lambda: self.blockers(database, connection.info.backend_pid), on_output) as watch,
        ):
            try:
                return self._in_one_transaction(connection, migration, found, watch)
            except psycopg.errors.LockNotAvailable:
                raise _Locked(watch.holder) from None
            except psycopg.errors.QueryCanceled as error:
                if stop.is_set():
                    raise Stopped(f"{migration.name} was cancelled; nothing of it was applied.") from None
                raise self._failed(migration, error, watch.piece) from None
            except psycopg.OperationalError as error:
                if error.sqlstate and not connection.broken:
                    raise self._failed(migration, error, watch.piece) from None
                raise LostTrack(f"The connection to “{database}” broke while {migration.name} was applied.") from None
            except psycopg.Error as error:
                raise self._failed(migration, error, watch.piece) from None

    def _in_one_transaction(
        self, connection: psycopg.Connection, migration: Migration, found: list[Piece], watch: Watch
    ) -> bool:
        with connection.transaction():
            connection.execute(f"SET LOCAL statement_timeout = {int(migration.limit * 1000)}")
            connection.execute(STILL_THERE)
            connection.execute("SELECT pg_advisory_xact_lock(%s)", [receipts.lock_number(migration.key)])
            connection.execute(f"SET LOCAL lock_timeout = {int(migration.lock_timeout * 1000)}")
            if migration.receipt and self._take_receipt(connection, migration):
                return True
            for piece in found:
                watch.doing(piece)
                connection.execute(piece.text.encode())
            watch.doing(COMMIT)
        return False

    def _take_receipt(self, connection: psycopg.Connection, migration: Migration) -> bool:
        """Write the receipt; True if it was there before."""
        connection.execute(receipts.TABLE.encode())
        digest = hashlib.sha256(migration.text.encode()).hexdigest()
        row = connection.execute(
            "INSERT INTO gonogo.receipts (key, name, sha256) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING RETURNING key",
            [migration.key, migration.name, digest],
        ).fetchone()
        return row is None

    def _failed(self, migration: Migration, error: psycopg.Error, piece: Piece | None) -> Failed:
        said = self._redact(_said(error, migration.text))
        # never its detail and context, which show rows
        hint = self._redact(error.diag.message_hint or "")
        if piece is None or piece is COMMIT:
            at = f" at {COMMIT.summary}" if piece else ""
            return Failed(f"{migration.name} failed{at} and was rolled back whole: {said}", hint)
        position = error.diag.statement_position
        line = piece.line_at(int(position) - 1) if position else piece.line
        quoted = migration.text.splitlines()[line - 1].strip()
        output = "\n".join(filter(None, [f"line {line}: {quoted}", hint]))
        return Failed(f"{migration.name} failed at line {line} and was rolled back whole: {said}", output)

    @contextmanager
    def _connected(self, database: str, name: str, limit: float) -> Iterator[psycopg.Connection]:
        url = libpq_url(resolve(self._databases[database].url, self._environ))
        try:
            connection = psycopg.connect(url, connect_timeout=CONNECT_LIMIT, application_name=name[:63])
        except (psycopg.OperationalError, psycopg.ProgrammingError) as error:
            raise Unreachable(f"Database “{database}” cannot be reached: {self._redact(_reason(error))}") from None
        with cut_after(connection, limit + GRACE) as cut:
            try:
                with connection:
                    yield connection
            except (Failed, psycopg.Error):
                if cut.happened:
                    raise Failed(f"Database “{database}” gave no answer within {limit + GRACE:g} s.") from None
                raise

    @contextmanager
    def _told(self, database: str, text: str) -> Iterator[None]:
        try:
            yield
        except psycopg.Error as error:
            raise Failed(f"A query on “{database}” failed: {self._redact(_said(error, text))}", text) from None

    def blockers(self, database: str, pid: int) -> str:
        """Who holds what a waiting session waits for, in words without anybody's data."""
        with self._connected(database, "gonogo lock watch", 10) as connection:
            rows = connection.execute(BLOCKERS, [pid]).fetchall()
        return "; ".join(f"session {row[0]} ({row[1] or 'no name'}, user {row[2]}, {row[3]})" for row in rows)


class _Locked(Exception):
    """The lock timeout ran out; `holder` says who held the lock."""

    def __init__(self, holder: str) -> None:
        super().__init__(holder)
        self.holder = holder or "a session that is gone by now"


@contextmanager
def _cancelled_on(stop: threading.Event, connection: psycopg.Connection) -> Iterator[None]:
    """Cancel the session's statement as soon as `stop` is set."""
    over = threading.Event()

    def wait() -> None:
        while not over.wait(0.1):
            if stop.is_set():
                connection.cancel_safe(timeout=5)
                over.wait(0.5)

    thread = threading.Thread(target=wait, name="cancel", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join(6)


def _reason(error: psycopg.Error) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return (lines[-1] if lines else type(error).__name__).removeprefix("FATAL:").strip()


def _said(error: psycopg.Error, text: str) -> str:
    """The server's sentence; a value that it cannot take is quoted only where it stands in our own text, because rows hold others."""
    said = error.diag.message_primary or _reason(error)
    if not (error.sqlstate or "").startswith(DATA_EXCEPTION):
        return said
    return re.sub(r'"(.*)"', lambda found: found[0] if found[1] in text else '"…"', said, flags=re.DOTALL)
