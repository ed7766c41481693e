"""An open state file: its one connection, shared by all threads, and its lock."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlite_utils import Database

from state.errors import BadRecord
from state.sqlite.file import open_file, readable, transaction
from state.sqlite.lock import require_own, take_lock


class OpenFile:
    """One state file, open through one connection that all threads share. With `serving`, its lock is taken.

    `changed` is notified after every write of this process. Every method raises BadRecord if the file cannot be used.
    """

    def __init__(self, path: Path, *, serving: bool = False) -> None:
        self.path = path
        self._mutex = threading.RLock()
        self._writes = 0
        self.changed = threading.Condition()
        self._lock = take_lock(path) if serving else None
        try:
            self._connection = open_file(path, check=serving, began=self._journal_began)
        except BadRecord:
            if self._lock:
                self._lock.close()
            raise
        self._db = Database(self._connection)

    def _journal_began(self, connection: sqlite3.Connection) -> None:
        """Called within the migration that makes the journal; nothing else of this object can be used yet."""

    def close(self) -> None:
        """Close the file and release its lock."""
        with self._mutex:
            self._connection.close()
        if self._lock:
            self._lock.close()
            self._lock = None

    def require_lock(self) -> None:
        """Raise BadRecord if this process served the file, and another one may serve it now."""
        if self._lock:
            require_own(self._lock, self.path)

    def version(self) -> tuple[int, int]:
        """Two numbers: one changes with every write of another process, one with every write of this one."""
        with self._mutex, readable(self.path):
            return int(self._connection.execute("PRAGMA data_version").fetchone()[0]), self._writes

    def _rows(self, sql: str, *values: Any) -> list[sqlite3.Row]:
        with self._mutex, readable(self.path):
            return self._connection.execute(sql, values).fetchall()

    def _rows_in_any_text(self, sql: str, *values: Any) -> list[sqlite3.Row]:
        """As `_rows`; what is no UTF-8 in a text is replaced."""
        with self._mutex:
            self._connection.text_factory = lambda data: data.decode("utf-8", "replace")
            try:
                return self._rows(sql, *values)
            finally:
                self._connection.text_factory = str

    @contextmanager
    def _snapshot(self) -> Iterator[None]:
        with readable(self.path):
            self._connection.execute("BEGIN")
            try:
                yield
            finally:
                self._connection.execute("COMMIT")

    @contextmanager
    def _write(self) -> Iterator[Database]:
        with self._mutex:
            before = self._connection.total_changes
            with transaction(self._connection, self.path):
                yield self._db
            if self._connection.total_changes == before:
                return  # nothing new was written, so nobody needs to wake up
            self._writes += 1
        with self.changed:
            self.changed.notify_all()
