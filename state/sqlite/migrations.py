"""The shape of the record's file, as a list of migrations; the newest number is kept in SQLite's user_version."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

from state.errors import BadRecord
from state.sqlite.typed_facts import type_facts

MIGRATIONS: tuple[str | Callable[[sqlite3.Connection], None], ...] = (
    """
    CREATE TABLE runs (
        id INTEGER PRIMARY KEY,
        target TEXT NOT NULL,
        page TEXT NOT NULL,
        text TEXT NOT NULL,
        ref TEXT NOT NULL,
        note TEXT NOT NULL,
        starter TEXT NOT NULL,
        channel TEXT NOT NULL,
        speed REAL NOT NULL,
        countdown INTEGER NOT NULL,
        state TEXT NOT NULL,
        began_at TEXT NOT NULL,
        ended_at TEXT
    );
    -- one active run on one target, whoever asks and however many ask at once
    CREATE UNIQUE INDEX one_active_run ON runs (target) WHERE state IN ('going', 'rolling back');

    CREATE TABLE steps (
        run INTEGER NOT NULL REFERENCES runs (id),
        step TEXT NOT NULL,
        attempt INTEGER NOT NULL,
        state TEXT NOT NULL,
        began_at TEXT NOT NULL,
        ended_at TEXT,
        says TEXT NOT NULL,
        outcome TEXT NOT NULL,
        PRIMARY KEY (run, step, attempt)
    );

    CREATE TABLE facts (
        id INTEGER PRIMARY KEY,
        run INTEGER NOT NULL REFERENCES runs (id),
        kind TEXT NOT NULL,
        once TEXT NOT NULL,
        person TEXT NOT NULL,
        via TEXT NOT NULL,
        at TEXT NOT NULL,
        step TEXT NOT NULL,
        attempt INTEGER NOT NULL,
        role TEXT NOT NULL,
        said TEXT NOT NULL,
        reason TEXT NOT NULL,
        UNIQUE (run, once)
    );

    CREATE TABLE events (
        id INTEGER PRIMARY KEY,
        run INTEGER NOT NULL REFERENCES runs (id),
        at TEXT NOT NULL,
        kind TEXT NOT NULL,
        step TEXT NOT NULL,
        data TEXT NOT NULL,
        once TEXT,
        before TEXT NOT NULL,
        hash TEXT NOT NULL,
        UNIQUE (run, once)
    );
    CREATE INDEX events_of_run ON events (run, id);

    CREATE TABLE files (
        run INTEGER NOT NULL REFERENCES runs (id),
        name TEXT NOT NULL,
        sha256 TEXT NOT NULL,
        text TEXT NOT NULL,
        PRIMARY KEY (run, name)
    );

    -- what the poster has carried to Slack: one row an event, and one card a run (event 0)
    CREATE TABLE posts (
        run INTEGER NOT NULL REFERENCES runs (id),
        event INTEGER NOT NULL,
        channel TEXT NOT NULL,
        ts TEXT NOT NULL,
        PRIMARY KEY (run, event)
    );

    CREATE TRIGGER facts_are_only_added BEFORE UPDATE ON facts BEGIN SELECT RAISE(ABORT, 'facts are only ever added'); END;
    CREATE TRIGGER facts_are_kept BEFORE DELETE ON facts BEGIN SELECT RAISE(ABORT, 'facts are only ever added'); END;
    CREATE TRIGGER events_are_only_added BEFORE UPDATE ON events BEGIN SELECT RAISE(ABORT, 'events are only ever added'); END;
    CREATE TRIGGER events_are_kept BEFORE DELETE ON events BEGIN SELECT RAISE(ABORT, 'events are only ever added'); END;
    """,
    # what a running attempt shows so far; nothing is decided by it
    "ALTER TABLE steps ADD COLUMN progress TEXT NOT NULL DEFAULT '';",
    # what a rollback would lose, as it was last asked; nothing is decided by it
    "ALTER TABLE runs ADD COLUMN loses TEXT NOT NULL DEFAULT '';",
    # attempts have numbers of their own, facts the fields of their kind, and a jump of the clock is no fact
    type_facts,
)


def migrate(connection: sqlite3.Connection, path: Path) -> None:
    """Bring the file to the newest shape, each migration in one transaction; before that a copy of an older file is kept.

    Raises BadRecord if the file is newer than this program.
    """
    version = _version(connection)
    if version > len(MIGRATIONS):
        raise BadRecord(
            f"The record {path} was written by a newer gonogo (shape {version}, this one knows {len(MIGRATIONS)}): "
            "upgrade gonogo, or name another file with GONOGO_STATE."
        )
    if 0 < version < len(MIGRATIONS):
        _keep_copy(connection, path.with_name(f"{path.name}.shape-{version}"), version)
    for number, migration in enumerate(MIGRATIONS[version:], start=version + 1):
        with _transaction(connection):
            if _version(connection) >= number:
                continue  # another process has made this very step while we waited for it
            if callable(migration):
                migration(connection)
            else:
                for statement in _statements(migration):
                    connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {number}")


@contextlib.contextmanager
def _transaction(connection: sqlite3.Connection) -> Iterator[None]:
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _statements(script: str) -> Iterator[str]:
    """The statements of a script: `executescript` would end the transaction that they must stand in."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _keep_copy(connection: sqlite3.Connection, copy: Path, version: int) -> None:
    """Copy the file as it is, with all that has been committed; an earlier copy of the same shape stays.

    It gets its name when it is whole: a process that dies meanwhile leaves no half of a copy that looks like one.
    """
    if copy.exists():
        return
    _clear_parts(copy)
    part = copy.with_name(f"{copy.name}.{os.getpid()}.part")
    os.close(os.open(part, os.O_CREAT | os.O_WRONLY, 0o600))
    with closing(sqlite3.connect(part)) as kept:
        connection.backup(kept)
        whole = _version(kept) == version
    if whole:
        with contextlib.suppress(FileExistsError):  # another process was quicker
            copy.hardlink_to(part)
    part.unlink()


def _clear_parts(copy: Path) -> None:
    """Remove the halves of copies whose processes have died; another living process may be at work on its own."""
    for part in copy.parent.glob(f"{copy.name}.*.part"):
        with contextlib.suppress(PermissionError):  # it lives, as somebody else
            try:
                os.kill(int(part.suffixes[-2].removeprefix(".")), 0)
            except (ProcessLookupError, ValueError):
                part.unlink(missing_ok=True)
