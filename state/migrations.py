"""The shape of the record's file, as a list of migrations; the newest number is kept in SQLite's user_version."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from state.errors import BadRecord

MIGRATIONS: tuple[str, ...] = (
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
)


def migrate(connection: sqlite3.Connection, path: Path) -> None:
    """Bring the file to the newest shape, each migration in one transaction. Raises BadRecord if it is newer than this program."""
    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    if version > len(MIGRATIONS):
        raise BadRecord(
            f"The record {path} was written by a newer gonogo (shape {version}, this one knows {len(MIGRATIONS)}): "
            "upgrade gonogo, or name another file with GONOGO_STATE."
        )
    for number, script in enumerate(MIGRATIONS[version:], start=version + 1):
        connection.executescript(f"BEGIN IMMEDIATE; {script} PRAGMA user_version = {number}; COMMIT;")
