"""The tables of a record in PostgreSQL, read over one session."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg

from state.errors import BadRecord
from state.journal import Change
from state.postgres.address import PostgresAddress
from state.postgres.migrations import Connection, require_newest
from state.postgres.schema import schema_changes
from state.postgres.session import Session
from state.postgres.texts import from_database, to_database


class PostgresTables:
    """The tables of a record, to read. Every method raises BadRecord if they cannot be read now."""

    def __init__(self, session: Session) -> None:
        self.name = session.name
        self._session = session

    def rows(self, sql: str, *values: Any, errors: str = "strict") -> list[dict[str, Any]]:  # noqa: ARG002 - all is text
        """See `state.store.database.Tables.rows`."""
        with self._session.mutex:
            session = self._session.number
            try:
                rows = self._read(sql, values)
            except BadRecord:
                if self._session.number == session:
                    raise
                rows = self._read(sql, values)  # only the session was lost, and another one is had at once
        return [{name: from_database(value) for name, value in row.items()} for row in rows]

    def _read(self, sql: str, values: tuple[Any, ...]) -> list[dict[str, Any]]:
        with self._session.reading() as connection:
            return run_statement(connection, sql, values).fetchall()

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """See `state.store.database.Tables.snapshot`."""
        with self._session.reading() as connection, self._session.pinned(connection):
            connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            try:
                yield
            finally:
                if not connection.closed:
                    connection.execute("COMMIT")

    def schema_changes(self) -> list[Change]:
        """See `state.store.database.Tables.schema_changes`."""
        with self._session.reading() as connection:
            return schema_changes(connection, self._session.address)

    def close(self) -> None:
        """End the session."""
        self._session.close()


@contextmanager
def opened_to_read(address: PostgresAddress) -> Iterator[PostgresTables]:
    """The tables of a record at the newest shape, which are only read. Raises BadRecord."""
    session = Session(address, serving=False)
    try:
        with session.reading() as connection:
            require_newest(connection, session.name)
        yield PostgresTables(session)
    finally:
        session.close()


def run_statement(connection: Connection, sql: str, values: tuple[Any, ...]) -> psycopg.Cursor[dict[str, Any]]:
    """Run a statement that marks its values by `?`."""
    return connection.execute(sql.replace("?", "%s").encode(), [to_database(value) for value in values])
