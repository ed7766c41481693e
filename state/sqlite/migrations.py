"""The schema of the state file as a list of migrations; user_version holds the version."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

from state.errors import BadRecord
from state.sqlite.private_file import open_regular
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
    -- at most one active run on each target
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

    -- what the poster has posted to Slack: one row for each event, and the run's card as event 0
    CREATE TABLE posts (
        run INTEGER NOT NULL REFERENCES runs (id),
        event INTEGER NOT NULL,
        channel TEXT NOT NULL,
        ts TEXT NOT NULL,
        PRIMARY KEY (run, event)
    );

    CREATE TRIGGER facts_are_only_added BEFORE UPDATE ON facts
        BEGIN SELECT RAISE(ABORT, 'facts are only ever added'); END;
    CREATE TRIGGER facts_are_kept BEFORE DELETE ON facts
        BEGIN SELECT RAISE(ABORT, 'facts are only ever added'); END;
    CREATE TRIGGER events_are_only_added BEFORE UPDATE ON events
        BEGIN SELECT RAISE(ABORT, 'events are only ever added'); END;
    CREATE TRIGGER events_are_kept BEFORE DELETE ON events
        BEGIN SELECT RAISE(ABORT, 'events are only ever added'); END;
    """,
    # the newest output of a running attempt; no decision uses it
    "ALTER TABLE steps ADD COLUMN progress TEXT NOT NULL DEFAULT '';",
    # what a rollback would lose, by the last query; no decision uses it
    "ALTER TABLE runs ADD COLUMN loses TEXT NOT NULL DEFAULT '';",
    # attempts are numbered, facts hold the fields of their kind, and clock jumps have a table of their own
    type_facts,
    # the journal; the hashes of the events alone are gone
    """
    CREATE TABLE journal (
        run INTEGER NOT NULL,
        number INTEGER NOT NULL,
        kind TEXT NOT NULL,
        ref TEXT NOT NULL,
        digest TEXT NOT NULL,
        hash TEXT NOT NULL,
        key TEXT NOT NULL,
        mac TEXT NOT NULL,
        PRIMARY KEY (run, number)
    ) WITHOUT ROWID;
    CREATE INDEX journal_of_events ON journal (run, ref) WHERE kind = 'event';
    CREATE TABLE journal_heads (
        run INTEGER PRIMARY KEY,
        number INTEGER NOT NULL,
        hash TEXT NOT NULL,
        key TEXT NOT NULL,
        mac TEXT NOT NULL
    );
    ALTER TABLE events DROP COLUMN before;
    ALTER TABLE events DROP COLUMN hash;
    CREATE TRIGGER journal_is_only_added BEFORE UPDATE ON journal
        BEGIN SELECT RAISE(ABORT, 'the journal is only ever added to'); END;
    CREATE TRIGGER journal_is_kept BEFORE DELETE ON journal
        BEGIN SELECT RAISE(ABORT, 'the journal is only ever added to'); END;
    -- made anew, so that they are the same in every file (see schema.py)
    DROP TRIGGER facts_are_only_added;
    DROP TRIGGER facts_are_kept;
    DROP TRIGGER events_are_only_added;
    DROP TRIGGER events_are_kept;
    CREATE TRIGGER facts_are_only_added BEFORE UPDATE ON facts
        BEGIN SELECT RAISE(ABORT, 'facts are only ever added'); END;
    CREATE TRIGGER facts_are_kept BEFORE DELETE ON facts
        BEGIN SELECT RAISE(ABORT, 'facts are only ever added'); END;
    CREATE TRIGGER events_are_only_added BEFORE UPDATE ON events
        BEGIN SELECT RAISE(ABORT, 'events are only ever added'); END;
    CREATE TRIGGER events_are_kept BEFORE DELETE ON events
        BEGIN SELECT RAISE(ABORT, 'events are only ever added'); END;
    """,
    # the system user behind an act at the terminal; what the serving bot runs with, which the terminal must believe;
    # and the hosts on which an ended run has left no job folders
    """
    ALTER TABLE facts ADD COLUMN account TEXT NOT NULL DEFAULT '';
    ALTER TABLE facts ADD COLUMN claimed INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE runs ADD COLUMN starter_account TEXT NOT NULL DEFAULT '';
    CREATE TABLE in_force (name TEXT NOT NULL PRIMARY KEY, value TEXT NOT NULL);
    CREATE TABLE tidy_hosts (
        run INTEGER NOT NULL REFERENCES runs (id),
        host TEXT NOT NULL,
        PRIMARY KEY (run, host)
    );
    """,
    # fingerprints of the places at the start of the run, as JSON
    "ALTER TABLE runs ADD COLUMN places TEXT NOT NULL DEFAULT '{}';",
    # the name of the ref whose commit a run deploys after another one was kept
    "ALTER TABLE runs ADD COLUMN ref_name TEXT NOT NULL DEFAULT '';",
    # what a drill is played on; empty for every other run
    "ALTER TABLE runs ADD COLUMN drill TEXT NOT NULL DEFAULT '';",
    # up to which event of a run other programs were told
    """
    CREATE TABLE told (
        run INTEGER NOT NULL REFERENCES runs (id),
        duty TEXT NOT NULL,
        event INTEGER NOT NULL,
        PRIMARY KEY (run, duty)
    );
    """,
    # freezes and locks that people set, and that they were lifted
    """
    CREATE TABLE freezes (
        number INTEGER PRIMARY KEY,
        sort TEXT NOT NULL,
        target TEXT NOT NULL,
        lifts INTEGER NOT NULL,
        person TEXT NOT NULL,
        door TEXT NOT NULL,
        account TEXT NOT NULL,
        claimed INTEGER NOT NULL,
        at TEXT NOT NULL,
        ends TEXT NOT NULL,
        reason TEXT NOT NULL,
        key TEXT NOT NULL,
        mac TEXT NOT NULL
    );
    CREATE TRIGGER freezes_are_only_added BEFORE UPDATE ON freezes
        BEGIN SELECT RAISE(ABORT, 'freezes are only ever added'); END;
    CREATE TRIGGER freezes_are_kept BEFORE DELETE ON freezes
        BEGIN SELECT RAISE(ABORT, 'freezes are only ever added'); END;
    """,
)


JOURNAL = 5  # the migration that makes the journal
Began = Callable[[sqlite3.Connection], None]


def migrate(connection: sqlite3.Connection, path: Path, began: Began | None = None) -> None:
    """Migrate the file to the newest schema version, in one transaction.

    `began` is called once the journal is made: only then is a run known to be older than the journal.

    An older file is copied first, as <name>.shape-<version>. Raises BadRecord if the file is newer than this program.
    """
    version = _version(connection)
    if version > len(MIGRATIONS):
        raise BadRecord(
            f"The state file {path} was written by a newer gonogo (schema version {version}, this one knows "
            f"{len(MIGRATIONS)}). Upgrade gonogo, or set GONOGO_STATE to another file."
        )
    if 0 < version < len(MIGRATIONS):
        _keep_copy(connection, path.with_name(f"{path.name}.shape-{version}"), version)
    run_migrations(connection, began)


def require_newest(connection: sqlite3.Connection, path: Path) -> None:
    """Raise BadRecord if the file has another schema version than the newest one."""
    version = _version(connection)
    if version != len(MIGRATIONS):
        advice = "An older one is migrated by `gonogo serve`; for a newer one, upgrade gonogo."
        raise BadRecord(f"{path} has schema version {version}; this gonogo verifies {len(MIGRATIONS)}. {advice}")


def run_migrations(connection: sqlite3.Connection, began: Began | None = None) -> None:
    """Bring a file to the newest schema version, in one transaction: each waits for the disk."""
    if _version(connection) >= len(MIGRATIONS):
        return
    with _transaction(connection):
        version = _version(connection)  # another process may have migrated it while this one waited for the file
        for number, migration in enumerate(MIGRATIONS[version:], start=version + 1):
            if callable(migration):
                migration(connection)
            else:
                for statement in _statements(migration):
                    connection.execute(statement)
            if number == JOURNAL and began:
                began(connection)
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
    """The statements of a script, one by one, because `executescript` would commit the open transaction."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _keep_copy(connection: sqlite3.Connection, copy: Path, version: int) -> None:
    """Copy the file as committed; keep an earlier copy of the same schema version.

    The copy is written under another name first, so that a crash never leaves an unfinished file under the name `copy`.
    """
    if copy.exists():
        return
    _clear_parts(copy)
    part = copy.with_name(f"{copy.name}.{os.getpid()}.part")
    part.unlink(missing_ok=True)  # left by a dead process with the same number
    os.close(open_regular(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY))
    with closing(sqlite3.connect(part)) as part_connection:
        connection.backup(part_connection)
        complete = _version(part_connection) == version
    if complete:
        with contextlib.suppress(FileExistsError):  # another process was faster
            copy.hardlink_to(part)
    part.unlink()


def _clear_parts(copy: Path) -> None:
    """Remove unfinished copies of processes that have died. A living process may still be writing its own."""
    for part in copy.parent.glob(f"{copy.name}.*.part"):
        with contextlib.suppress(PermissionError):  # it is alive, under another user
            try:
                os.kill(int(part.suffixes[-2].removeprefix(".")), 0)
            except (ProcessLookupError, ValueError):
                part.unlink(missing_ok=True)
