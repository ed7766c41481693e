"""Where a test keeps its record: the same tests run on a SQLite file and on a real PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol

import psycopg
import pytest

from bot.rehearsal.target.postgres import OWNER, SUPERUSER, Postgres
from state.errors import BadRecord
from state.journal import RecordKey
from state.journal.key import key_beside
from state.postgres.address import PostgresAddress
from state.postgres.store import PostgresStore, verify_database
from state.sqlite.store import Store, verify_file
from state.store import RecordStore
from state.store.verify import Verdict
from tests.state.sqlite.forger import by_hand

DATABASE = "records_of_bots"  # not as the databases of a proof, which begin with gonogo


class Kept(Protocol):
    """Where a record is kept; each `open` is another process' view of it."""

    name: str
    key_file: Path

    def open(self, *, serving: bool = False, key: RecordKey | Path | BadRecord | None = None) -> RecordStore: ...

    def verify(self, key: RecordKey | None, run: int = 0) -> list[Verdict]: ...

    def by_hand(self, sql: str, *values: Any) -> None:
        """Carry out statements past the bot and past the record's own triggers; all get the same values."""

    def refusal(self, sql: str) -> str:
        """What the database says to a statement that its own rules refuse; empty if it does not."""


class KeptInFile:
    """A record in a SQLite file."""

    name = "sqlite"

    def __init__(self, folder: Path) -> None:
        self.path = folder / "gonogo.db"
        self.key_file = key_beside(self.path)

    def open(self, *, serving: bool = False, key: RecordKey | Path | BadRecord | None = None) -> RecordStore:
        return Store(self.path, serving=serving, key=key)

    def verify(self, key: RecordKey | None, run: int = 0) -> list[Verdict]:
        return verify_file(self.path, key, run)

    def by_hand(self, sql: str, *values: Any) -> None:
        by_hand(self.path, sql, *values)

    def refusal(self, sql: str) -> str:
        import sqlite3
        from contextlib import closing

        with closing(sqlite3.connect(self.path)) as connection:
            try:
                connection.execute(sql)
            except sqlite3.IntegrityError as error:
                return str(error)
        return ""


class KeptInPostgres:
    """A record in a database of a real PostgreSQL, made anew for each test."""

    name = "postgres"

    def __init__(self, server: Postgres, folder: Path) -> None:
        self.server = server
        self.key_file = folder / "gonogo.db.key"
        self.address = PostgresAddress(server.url(OWNER, DATABASE))
        self.opened: list[RecordStore] = []

    def prepare(self) -> None:
        """Make the database, once for the server, and remove what an earlier test left in it."""
        exists = f"SELECT 1 FROM pg_database WHERE datname = '{DATABASE}'"
        if not self.server.query(exists):
            with psycopg.connect(self.server.url(SUPERUSER, "postgres"), autocommit=True) as connection:
                connection.execute(f"CREATE DATABASE {DATABASE} OWNER {OWNER}".encode())
        self.admin("DROP SCHEMA IF EXISTS gonogo_record CASCADE")

    def close(self) -> None:
        """Close whatever a test left open."""
        for store in self.opened:
            store.close()

    def open(self, *, serving: bool = False, key: RecordKey | Path | BadRecord | None = None) -> RecordStore:
        store = PostgresStore(self.address, serving=serving, key=key or self.key_file)
        self.opened.append(store)
        return store

    def verify(self, key: RecordKey | None, run: int = 0) -> list[Verdict]:
        return verify_database(self.address, key, run)

    def by_hand(self, sql: str, *values: Any) -> None:
        with psycopg.connect(self.server.url(SUPERUSER, DATABASE)) as connection:
            connection.execute("SET search_path = gonogo_record; SET session_replication_role = replica")
            for statement in sql.split(";"):
                connection.execute(statement.replace("%", "%%").replace("?", "%s").encode(), values)

    def refusal(self, sql: str) -> str:
        with psycopg.connect(self.address.url) as connection:
            connection.execute("SET search_path = gonogo_record")
            try:
                connection.execute(sql.encode())
            except psycopg.errors.IntegrityError as error:
                return str(error)
        return ""

    def admin(self, sql: str) -> list[tuple[Any, ...]]:
        """The rows of a statement, as superuser in the record's database."""
        with psycopg.connect(self.server.url(SUPERUSER, DATABASE), autocommit=True) as connection:
            cursor = connection.execute(sql.encode())
            return cursor.fetchall() if cursor.description else []


@pytest.fixture(params=["sqlite", "postgres"])
def kept(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Kept]:
    """Where the test's record is kept: each test runs on both."""
    if request.param == "sqlite":
        yield KeptInFile(tmp_path)
        return
    server: Postgres = request.getfixturevalue("postgres")
    record = KeptInPostgres(server, tmp_path)
    record.prepare()
    yield record
    record.close()
