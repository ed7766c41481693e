"""The database tool: read-only queries, and SQL files that are applied once, with a receipt."""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from typing import Any

import psycopg

from bot.tools.analysis.query_check import query_error
from bot.tools.page_texts import sql_parameters
from bot.tools.places import DatabasePlace
from bot.tools.postgres.connect import connect_when_ready
from bot.tools.postgres.deadline import cut_after
from bot.tools.postgres.ended_query import QueryEnded, asked_again, is_ended, tries_of
from bot.tools.postgres.lock_holders import LockHolders
from bot.tools.postgres.migration_progress import COMMIT, Piece, Progress, reported, split_into_pieces
from bot.tools.postgres.one_statement import EndedTransaction, require_usual_quotes, run_statement
from bot.tools.postgres.own_session import begin_reading
from bot.tools.postgres.server_message import reason, server_message
from bot.tools.postgres.skipped import TELL_NOTICES, Skipped
from bot.tools.postgres.time_zones import require_same_in_utc
from bot.tools.secrets import Redactor
from commands.ports.database import Migration, MigrationResult, Rows
from commands.ports.page_text import DatabaseAddress, Text
from commands.ports.shell import OutputListener, ignore_output
from commands.systems.postgres import receipts
from commands.systems.scripts import script
from commands.text.phrases import capitalized
from state.errors import Failed, LostTrack, Stopped, Unreachable
from state.postgres.pooler import shares_sessions

CONNECT_LIMIT = 10  # seconds
# seconds for a server that starts or has no connection free; for a question a third of its limit at most
PATIENCE = 10.0
NEVER = threading.Event()  # nobody stops what this is given to
LOCK_ATTEMPTS = 3
GRACE = 5.0  # seconds that the server gets to enforce its own time limit before it counts as silent
# The server checks whether the bot is still connected. If the bot died, its file must not run to the end. If it froze,
# or its machine vanished, its locks must be released. PostgreSQL 13 does not know the first setting.
CLIENT_CHECKS = """
SELECT set_config(name, '1000', true) FROM pg_settings WHERE name = 'client_connection_check_interval';
SET LOCAL idle_in_transaction_session_timeout = 10000;
SET LOCAL tcp_keepalives_idle = 5; SET LOCAL tcp_keepalives_interval = 2; SET LOCAL tcp_keepalives_count = 3;
"""
# The page's limit counts, and not one of the application's user or database. PostgreSQL before 17 has no such setting.
OWN_LIMIT = "SELECT set_config(name, '0', true) FROM pg_settings WHERE name = 'transaction_timeout'"
MOST_ROWS = 10_000  # of an answer that are read


class PostgresDatabase:
    """`commands.ports.database.Database` over psycopg; each call has a connection of its own."""

    def __init__(self, databases: Mapping[str, DatabasePlace], environ: Mapping[str, str], redact: Redactor) -> None:
        self._databases = databases
        self._environ = environ
        self._redact = redact

    def query(self, database: str, sql: Text, *, limit: float = 30, in_any_zone: bool = False) -> Rows:
        """See `commands.ports.database.Database.query`."""
        text, values = sql_parameters(sql)
        if why := query_error(text, len(values)):
            raise Failed(f"A query on “{database}” was not sent: {why}.", text)
        return asked_again(lambda: self._ask(database, text, values, limit, in_any_zone))

    def _ask(self, database: str, text: str, values: Sequence[Any], limit: float, in_any_zone: bool) -> Rows:
        whole = 2 * limit if in_any_zone else limit
        with self._connected(database, "gonogo query", whole) as connection, self._query_errors(database, text):
            begin_reading(connection, limit, one_snapshot=in_any_zone)
            columns, rows = _answer(connection, text, values)
            if in_any_zone:
                require_same_in_utc(connection, rows, lambda: _answer(connection, text, values)[1])
            connection.rollback()
            return Rows(columns=columns, rows=tuple(tuple(map(self._masked, row)) for row in rows))

    def _masked(self, cell: Any) -> Any:
        return self._redact(cell) if isinstance(cell, str) else cell

    def apply(
        self, database: str, migration: Migration, *, stop: threading.Event, on_output: OutputListener = ignore_output
    ) -> MigrationResult:
        """See `commands.ports.database.Database.apply`."""
        if stop.is_set():
            raise Stopped(f"{migration.name} was stopped before it started; nothing was applied.")
        began = time.monotonic()
        try:
            self._refuse_pooler(database, PATIENCE, stop)
        except Unreachable:
            if stop.is_set():
                raise Stopped(f"{migration.name} was stopped before it started; nothing was applied.") from None
            raise
        pieces = split_into_pieces(migration.text)
        for attempt in range(1, LOCK_ATTEMPTS + 1):
            try:
                skipped = self._attempt(database, migration, pieces, stop, on_output)
                seconds = time.monotonic() - began
                return MigrationResult(already=skipped is None, seconds=seconds, skipped=skipped or ())
            except _Locked as locked:
                if attempt == LOCK_ATTEMPTS:
                    waited = f"{migration.name} waited {migration.lock_timeout:g} s for a lock, {attempt} times"
                    if locked.deadlock:
                        waited = f"{migration.name} was ended by a deadlock at attempt {attempt}"
                    raise Failed(f"{waited}; nothing was changed. {capitalized(locked.reason)}.") from None
                on_output(f"attempt {attempt} of {LOCK_ATTEMPTS}: {locked.reason}; nothing was changed yet")
                if stop.wait(attempt):
                    raise Stopped(
                        f"{migration.name} was stopped while it waited for a lock; nothing was applied."
                    ) from None
        raise AssertionError("unreachable")

    def has_receipt(self, database: str, key: str, *, limit: float = 30) -> bool:
        """See `commands.ports.database.Database.has_receipt`."""
        with self._connected(database, f"gonogo receipt {key}", limit) as connection, self._query_errors(database, ""):
            connection.execute(f"SET LOCAL lock_timeout = {int(limit * 1000)}")
            connection.execute("SELECT pg_advisory_xact_lock(%s)", [receipts.lock_number(key)])
            exists = connection.execute("SELECT to_regclass('gonogo.receipts') IS NOT NULL").fetchone()
            if not exists or not exists[0]:
                return False
            return connection.execute("SELECT 1 FROM gonogo.receipts WHERE key = %s", [key]).fetchone() is not None

    def identity(self, database: str) -> str:
        """See `commands.ports.database.Database.identity`."""
        self._refuse_pooler(database)
        return str(self.query(database, script("postgres/identity.sql")).rows[0][0])

    def names_at(self, address: DatabaseAddress, *, only: bool = False) -> tuple[str, ...]:
        """See `commands.ports.database.Database.names_at`."""
        same = tuple(name for name, place in self._databases.items() if str(place.url) == str(address))
        return same if same or only else tuple(self._databases)

    def _attempt(
        self,
        database: str,
        migration: Migration,
        pieces: list[Piece],
        stop: threading.Event,
        on_output: OutputListener,
    ) -> tuple[str, ...] | None:
        """Apply the file, and return what it skipped; None if its receipt was there. Raises _Locked, and as `apply`."""
        limit = migration.limit + migration.lock_timeout
        with (
            self._connected(database, f"gonogo {migration.key}", limit, stop) as connection,
            _cancelled_on(stop, connection),
            closing(LockHolders(lambda: self._connect(database, "gonogo lock watch"))) as holders,
            reported(holders.of, on_output) as progress,
        ):
            try:
                return self._in_one_transaction(connection, migration, pieces, progress)
            except psycopg.errors.LockNotAvailable:
                raise _Locked(progress.holder) from None
            except psycopg.errors.DeadlockDetected:
                # of two that wait for each other PostgreSQL ends one, and the other goes on
                raise _Locked(progress.holder, deadlock=True) from None
            except psycopg.errors.QueryCanceled as error:
                if stop.is_set():
                    raise Stopped(f"{migration.name} was cancelled; nothing was applied.") from None
                raise self._failed(migration, error, progress.piece) from None
            except psycopg.OperationalError as error:
                if error.sqlstate and not connection.broken:
                    raise self._failed(migration, error, progress.piece) from None
                raise LostTrack(f"The connection to “{database}” broke while {migration.name} was applied.") from None
            except EndedTransaction:
                line = progress.piece.line if progress.piece else 0
                raise LostTrack(
                    f"{migration.name} ended the bot's transaction at line {line}: what came before that line may be "
                    "committed, what comes behind it was not run. Check the database before you decide."
                ) from None
            except psycopg.Error as error:
                raise self._failed(migration, error, progress.piece) from None

    def _in_one_transaction(
        self, connection: psycopg.Connection, migration: Migration, pieces: list[Piece], progress: Progress
    ) -> tuple[str, ...] | None:
        with connection.transaction():
            connection.execute(OWN_LIMIT)
            connection.execute(f"SET LOCAL statement_timeout = {int(migration.limit * 1000)}")
            connection.execute(CLIENT_CHECKS)
            # asked inside the transaction: a pooler gives a connection another number
            progress.pid = connection.execute("SELECT pg_backend_pid()").fetchone()
            connection.execute("SELECT pg_advisory_xact_lock(%s)", [receipts.lock_number(migration.key)])
            connection.execute(f"SET LOCAL lock_timeout = {int(migration.lock_timeout * 1000)}")
            if migration.receipt and self._take_receipt(connection, migration):
                return None
            require_usual_quotes(connection)
            connection.execute(TELL_NOTICES)
            skipped = Skipped(connection)
            for piece in pieces:
                progress.start(piece)
                run_statement(connection, piece.text)
            progress.start(COMMIT)
        return tuple(map(self._redact, skipped.said()))

    def _take_receipt(self, connection: psycopg.Connection, migration: Migration) -> bool:
        """Write the receipt; True if it was there before."""
        connection.execute(receipts.CREATE_TABLE.encode())
        digest = hashlib.sha256(migration.text.encode()).hexdigest()
        row = connection.execute(
            "INSERT INTO gonogo.receipts (key, name, sha256) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING RETURNING key",
            [migration.key, migration.name, digest],
        ).fetchone()
        return row is None

    def _failed(self, migration: Migration, error: psycopg.Error, piece: Piece | None) -> Failed:
        message = self._redact(server_message(error, migration.text))
        # the hint only: detail and context show rows
        hint = self._redact(error.diag.message_hint or "")
        if piece is None or piece is COMMIT:
            at = f" at {COMMIT.summary}" if piece else ""
            return Failed(f"{migration.name} failed{at} and was rolled back completely: {message}", hint)
        position = error.diag.statement_position
        line = piece.line_at(int(position) - 1) if position else piece.line
        quoted = migration.text.split("\n")[line - 1].strip()
        output = "\n".join(filter(None, [f"line {line}: {quoted}", hint]))
        return Failed(f"{migration.name} failed at line {line} and was rolled back completely: {message}", output)

    @contextmanager
    def _connected(
        self, database: str, name: str, limit: float, stop: threading.Event = NEVER
    ) -> Iterator[psycopg.Connection]:
        connection = self._connect(database, name, min(PATIENCE, limit / 3), stop)
        with cut_after(connection, limit + GRACE) as deadline:
            try:
                with connection:
                    yield connection
            except (Failed, QueryEnded, psycopg.Error):
                if deadline.passed:
                    raise Failed(f"Database “{database}” did not answer within {limit + GRACE:g} s.") from None
                raise

    def _connect(
        self, database: str, name: str, patience: float = 0, stop: threading.Event = NEVER
    ) -> psycopg.Connection:
        url = self._databases[database].url
        try:
            return connect_when_ready(url, self._environ, name[:63], CONNECT_LIMIT, patience, stop)
        except (psycopg.OperationalError, psycopg.ProgrammingError) as error:
            raise Unreachable(f"Database “{database}” cannot be reached: {self._redact(reason(error))}") from None

    def _refuse_pooler(self, database: str, patience: float = 0, stop: threading.Event = NEVER) -> None:
        def connect() -> psycopg.Connection:
            return self._connect(database, "gonogo pooler check", patience, stop)

        with self._query_errors(database, ""), connect() as first:
            pooled = shares_sessions(first, connect)
        if pooled:
            raise Failed(
                f"Database “{database}” is reached through a pooler, where another session gets what one session "
                "sets; nothing was done. Use the server's own address."
            )

    @contextmanager
    def _query_errors(self, database: str, text: str) -> Iterator[None]:
        try:
            yield
        except psycopg.Error as error:
            message = self._redact(server_message(error, text))
            if is_ended(error):
                raise QueryEnded(f"Database “{database}” ended a query: {message}", tries_of(error)) from None
            raise Failed(f"A query on “{database}” failed: {message}", text) from None


def _answer(
    connection: psycopg.Connection, text: str, values: Sequence[Any]
) -> tuple[tuple[str, ...], list[tuple[Any, ...]]]:
    # the extended protocol, which a pipeline always uses, refuses a second statement
    with connection.pipeline():
        cursor = psycopg.RawCursor(connection).execute(text.encode(), values)
    columns = tuple(column.name for column in cursor.description or ())
    return columns, cursor.fetchmany(MOST_ROWS) if columns else []


class _Locked(Exception):
    """The lock timeout expired, or PostgreSQL ended a deadlock; `reason` says who held the lock, as a clause."""

    def __init__(self, holder: str, *, deadlock: bool = False) -> None:
        super().__init__(holder)
        self.deadlock = deadlock
        who = holder or "a session that the bot could not see"
        self.reason = f"it and {who} waited for each other" if deadlock else f"the lock is held by {who}"


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
