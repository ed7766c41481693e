"""The record's file: opened with the pragmas that keep it safe, and every way it can fail in one clear sentence."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from state.errors import BadRecord
from state.sqlite.lock import cannot_open
from state.sqlite.migrations import migrate


def open_file(path: Path, *, whole: bool) -> sqlite3.Connection:
    """Open or make the file and bring it to the newest shape; with `whole` look at every page of it first. Raises BadRecord."""
    try:
        return _open(path, whole=whole)
    except OSError as error:
        raise cannot_open(path, error) from None
    except sqlite3.DatabaseError as error:
        raise BadRecord(
            f"The record {path} cannot be read ({error}): move it away and start with a new one, or restore a copy."
        ) from None


def _open(path: Path, *, whole: bool) -> sqlite3.Connection:
    if not path.exists():
        os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600))
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=10)
    try:
        connection.row_factory = sqlite3.Row
        for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON"):
            connection.execute(f"PRAGMA {pragma}")
        if whole:
            _must_be_whole(connection)
        migrate(connection, path)
    except BaseException:
        connection.close()
        raise
    return connection


def _must_be_whole(connection: sqlite3.Connection) -> None:
    said = str(connection.execute("PRAGMA quick_check(1)").fetchone()[0])
    if said != "ok":
        raise sqlite3.DatabaseError(f"it is damaged: {' '.join(said.split())[:120]}")


@contextmanager
def readable(path: Path) -> Iterator[None]:
    """A read; every way in which it can fail is one BadRecord: the file was damaged, its disk is gone, or it has been closed."""
    try:
        yield
    except sqlite3.Error as error:
        raise BadRecord(f"The record {path} cannot be read now ({error}): look at the bot's disk.") from None


@contextmanager
def transaction(connection: sqlite3.Connection, path: Path) -> Iterator[None]:
    """One write, all or nothing. Raises BadRecord when the file takes none now, as on a full disk; later it may again."""
    try:
        connection.execute("BEGIN IMMEDIATE")
        try:
            yield
            connection.execute("COMMIT")
        except BaseException:
            # SQLite itself may have rolled back already, as it does when the disk is full
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise
    except sqlite3.IntegrityError:
        raise  # a row that is there already
    except sqlite3.Error as error:
        todo = "make room on the bot's disk" if "full" in str(error) else "look at the bot's disk and the file's rights"
        raise BadRecord(f"The record {path} takes no writes now ({error}): {todo}; this was not noted.") from None
