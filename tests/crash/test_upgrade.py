"""The bot is killed while it migrates the state file to a newer schema: nothing is lost, and the copy is complete."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

from state.sqlite.migrations import MIGRATIONS
from state.sqlite.store import Store

EVENTS = 60_000
OPEN = "import sys, pathlib; from state.sqlite.store import Store; Store(pathlib.Path(sys.argv[1])).close()"


def make_old(path: Path) -> None:
    """Write a state file of the first schema, with so many events that copying it takes a moment."""
    with closing(sqlite3.connect(path)) as old:
        old.executescript(f"PRAGMA journal_mode = WAL; {MIGRATIONS[0]} PRAGMA user_version = 1;")
        run = (1, "t", "p", "x", "main", "", "U1", "", 1.0, 0, "kept", "2026-11-23T12:00:00+00:00", None)
        old.execute("INSERT INTO runs VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?)", run)
        events = ((1, "2026-11-23T12:00:00+00:00", "began", "step", "x" * 300, "", "") for _ in range(EVENTS))
        old.executemany("INSERT INTO events (run, at, kind, step, data, before, hash) VALUES (?,?,?,?,?,?,?)", events)
        old.commit()


def kill_during_the_copy(path: Path) -> bool:
    """Open the state file in a process, and kill it as soon as the copy appears; whether it still ran then."""
    process = subprocess.Popen([sys.executable, "-c", OPEN, str(path)])
    until = time.monotonic() + 20
    while not list(path.parent.glob("*.shape-1*")) and process.poll() is None:
        assert time.monotonic() < until, "no copy was begun"
        time.sleep(0.001)
    process.kill()
    return process.wait() == -signal.SIGKILL


def schema_and_events(path: Path) -> tuple[int, int]:
    """The schema of a state file, and how many events it has."""
    with closing(sqlite3.connect(path)) as connection:
        schema = int(connection.execute("PRAGMA user_version").fetchone()[0])
        return schema, int(connection.execute("SELECT count(*) FROM events").fetchone()[0])


def test_a_kill_during_the_migration_leaves_a_complete_state_file_and_a_complete_copy(tmp_path: Path) -> None:
    path = tmp_path / "gonogo.db"
    make_old(path)
    assert kill_during_the_copy(path), "the process ended before it could be killed"
    Store(path).close()
    assert schema_and_events(path) == (len(MIGRATIONS), EVENTS)
    assert schema_and_events(tmp_path / "gonogo.db.shape-1") == (1, EVENTS), "the copy of the old file is incomplete"
