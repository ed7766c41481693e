"""Opens, reads and writes the state file safely; every SQLite error is a clear BadRecord."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from state.errors import BadRecord, NotText
from state.sqlite.lock import cannot_open
from state.sqlite.migrations import Began, migrate, require_newest
from state.sqlite.private_file import require_no_links


def open_file(path: Path, *, check: bool, began: Began | None = None) -> sqlite3.Connection:
    """Open or create the file and migrate it to the newest schema version. With `check`, look for damage first.

    For `began` see `migrate`.

    Raises BadRecord if that is not possible.
    """
    try:
        return _open(path, check, began)
    except OSError as error:
        raise cannot_open(path, error) from None
    except sqlite3.DatabaseError as error:
        todo = replace_damaged(path)
        raise BadRecord(f"The state file {path} cannot be read ({error}). {todo[0].upper()}{todo[1:]}.") from None


def replace_damaged(path: Path) -> str:
    """What people do about a damaged file. What it left beside it would be read into the file that takes its place."""
    beside = f"{path.name}-wal and {path.name}-shm"
    return f"move it away, and with it {beside} if they are there; then restore a copy, or start with a new one"


def _open(path: Path, check: bool, began: Began | None) -> sqlite3.Connection:
    require_no_links(path)
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=10)
    try:
        connection.row_factory = sqlite3.Row
        for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON"):
            connection.execute(f"PRAGMA {pragma}")
        if check:
            _require_undamaged(connection)
        migrate(connection, path, began)
    except BaseException:
        connection.close()
        raise
    return connection


def _require_undamaged(connection: sqlite3.Connection) -> None:
    result = str(connection.execute("PRAGMA quick_check(1)").fetchone()[0])
    if result != "ok":
        raise sqlite3.DatabaseError(f"it is damaged: {' '.join(result.split())[:120]}")


def open_to_read(path: Path) -> sqlite3.Connection:
    """Open the file to read only, at the newest schema version. Raises BadRecord."""
    if not path.is_file():
        raise BadRecord(
            f"There is no record at {path.absolute()}. Set GONOGO_STATE to the bot's, or start it with `gonogo serve`."
        )
    try:
        connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, isolation_level=None, timeout=10)
        try:
            connection.row_factory = sqlite3.Row
            require_newest(connection, path)
        except BaseException:
            connection.close()
            raise
    except sqlite3.Error as error:
        raise BadRecord(f"The state file {path} cannot be verified ({error}).") from None
    return connection


@contextmanager
def readable(path: Path) -> Iterator[None]:
    """Wrap a read. Raises BadRecord if it fails: the file is damaged, its disk is gone, or it has been closed.

    Raises NotText where only a text in the rows that were asked for is none.
    """
    try:
        yield
    except sqlite3.Error as error:
        if "decode to UTF-8" in str(error):
            raise NotText(f"A text in the state file {path} is not UTF-8. `gonogo verify` names it.") from None
        raise BadRecord(f"The state file {path} cannot be read now ({error}). Check the bot's disk.") from None


@contextmanager
def transaction(connection: sqlite3.Connection, path: Path) -> Iterator[None]:
    """Wrap a write in one transaction: all or nothing.

    Raises BadRecord if the file cannot be written now, as on a full disk; a later write may work.
    Lets an IntegrityError (a row that exists already) through.
    """
    try:
        connection.execute("BEGIN IMMEDIATE")
        try:
            yield
            connection.execute("COMMIT")
        except BaseException:
            # SQLite may have rolled back by itself, as it does on a full disk
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise
    except sqlite3.IntegrityError:
        raise
    except sqlite3.Error as error:
        raise BadRecord(
            f"The state file {path} cannot be written now ({error}). {_advice(str(error), path)} Nothing was saved."
        ) from None


def _advice(said: str, path: Path) -> str:
    """What to do about a write that failed, by SQLite's words."""
    if "full" in said:
        return "Free space on the bot's disk."
    if "locked" in said:
        return (
            f"Another program keeps it locked, such as an open `sqlite3`: end that one (`fuser -v {path}` lists all)."
        )
    if "readonly" in said:
        return (
            f"Its file system may be read-only after an error of the disk (`dmesg`, `findmnt -T {path}`), or the file "
            "belongs to another user."
        )
    return "Check the bot's disk and the file's permissions."
