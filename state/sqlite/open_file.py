"""An open state file: its one connection, shared by all threads, and its lock."""

from __future__ import annotations

import sqlite3
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from state.errors import BadRecord
from state.journal import Change
from state.sqlite.file import open_file, readable, transaction
from state.sqlite.lock import require_own, take_lock
from state.sqlite.migrations import Began
from state.sqlite.schema import schema_changes
from state.store.database import Duty, RowExists, written

if TYPE_CHECKING:
    import sqlite_utils


class FileReader:
    """The tables of a state file through a connection. Every method raises BadRecord if the file cannot be used."""

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self.path = path
        self.name = str(path)
        self._mutex = threading.RLock()
        self._connection = connection

    def rows(self, sql: str, *values: Any, errors: str = "strict") -> list[sqlite3.Row]:
        """See `state.store.database.Tables.rows`."""
        with self._mutex, readable(self.path):
            self._connection.text_factory = str if errors == "strict" else _text_factory(errors)
            try:
                return self._connection.execute(sql, values).fetchall()
            finally:
                self._connection.text_factory = str

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """See `state.store.database.Tables.snapshot`."""
        with self._mutex, readable(self.path):
            self._connection.execute("BEGIN")
            try:
                yield
            finally:
                self._connection.execute("COMMIT")

    def schema_changes(self) -> list[Change]:
        """See `state.store.database.Tables.schema_changes`."""
        with self._mutex, readable(self.path):
            return schema_changes(self._connection)

    def close(self) -> None:
        """Close the file."""
        with self._mutex:
            self._connection.close()


class OpenFile(FileReader):
    """One state file, open through one connection that all threads share. With `serving`, its lock is taken.

    For `began` see `migrate`.
    """

    def __init__(self, path: Path, *, serving: bool = False, began: Began | None = None) -> None:
        self._writes: Counter[int] = Counter()  # of this process, by run
        self.changed = threading.Condition()
        self._lock = take_lock(path) if serving else None
        try:
            super().__init__(path, open_file(path, check=serving, began=began))
        except BadRecord:
            if self._lock:
                self._lock.close()
            raise

    def close(self) -> None:
        """Close the file and release its lock."""
        super().close()
        if self._lock:
            self._lock.close()
            self._lock = None

    @cached_property
    def _tables(self) -> sqlite_utils.Database:
        # imported for copies only: it imports numpy where that is installed, which a bot that starts again waits for
        import sqlite_utils

        return sqlite_utils.Database(self._connection)

    @property
    def serving(self) -> bool:
        """Whether this process holds the file's lock."""
        return self._lock is not None

    def require_lock(self) -> None:
        """Raise BadRecord if this process served the file, and another one may serve it now."""
        if self._lock:
            require_own(self._lock, self.path)

    def others_in_force(self) -> bool:
        """No: no other bot can serve the file."""
        return False

    def hold_in_force(self) -> None:
        """What the only bot serves with is in force."""

    def is_in_force(self) -> bool:
        """Whether this process serves the file."""
        return self.serving

    def clock_offset(self) -> timedelta:
        """None: only one machine serves the file."""
        return timedelta(0)

    def own(self, run: int, duty: Duty = Duty.RUN) -> OpenFile:  # noqa: ARG002
        """Itself: whoever serves the file has every duty for every run."""
        return self

    def owned_elsewhere(self, duty: Duty = Duty.RUN) -> frozenset[int]:  # noqa: ARG002
        """None: no other bot can serve the file."""
        return frozenset()

    def posting_bots(self) -> tuple[int, dict[str, int]]:
        """One in all: no other bot can serve the file."""
        return 1, {}

    def release(self, run: int, duty: Duty = Duty.RUN) -> None:
        """Nothing to let go: no other bot can serve the file."""

    def hand_over(self, runs: Iterable[int], duty: Duty = Duty.RUN) -> None:
        """Nothing to let go: the next bot begins once this one has left the file."""

    @contextmanager
    def alone(self, run: int) -> Iterator[None]:  # noqa: ARG002
        """See `state.store.database.Database.alone`."""
        lock = take_lock(self.path)
        try:
            yield
        finally:
            lock.close()

    def version(self, run: int | None = None) -> tuple[int, int]:
        """See `state.store.database.Database.version`. What other processes write is not told apart by run."""
        with self._mutex, readable(self.path):
            others = int(self._connection.execute("PRAGMA data_version").fetchone()[0])
            return others, written(self._writes, run)

    def insert(self, table: str, row: Mapping[str, Any]) -> int:
        """See `state.store.database.Database.insert`."""
        columns, marks = ", ".join(f'"{name}"' for name in row), ", ".join("?" * len(row))
        statement = f"INSERT INTO {table} ({columns}) VALUES ({marks})"  # noqa: S608  # names of the code
        return self._connection.execute(statement, tuple(row.values())).lastrowid or 0

    def insert_all(self, table: str, rows: Iterable[Mapping[str, Any]]) -> None:
        """See `state.store.database.Database.insert_all`."""
        self._tables.table(table).insert_all(dict(row) for row in rows)

    def number_on(self) -> None:
        """SQLite numbers each row after the highest number that is there."""

    def execute(self, sql: str, *values: Any) -> None:
        """See `state.store.database.Database.execute`."""
        self._connection.execute(sql, values)

    @contextmanager
    def write(self, run: int = 0, also: int = 0) -> Iterator[None]:
        """See `state.store.database.Database.write`."""
        with self._mutex:
            before = self._connection.total_changes
            try:
                with transaction(self._connection, self.path):
                    yield
            except sqlite3.IntegrityError as error:
                raise RowExists(str(error)) from None
            if self._connection.total_changes == before:
                return  # nothing new was written, so nobody needs to wake up
            self._writes[run] += 1
            self._writes[also] += bool(also)
        with self.changed:
            self.changed.notify_all()


def _text_factory(errors: str) -> Callable[[bytes], str]:
    return lambda data: data.decode("utf-8", errors)
