"""A newer bot is killed while it migrates an old state file: nothing is lost."""

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


def write_old_file(path: Path) -> None:
    """A state file of schema version 1, with so many events that the copy takes a moment."""
    with closing(sqlite3.connect(path)) as old:
        old.executescript(f"PRAGMA journal_mode = WAL; {MIGRATIONS[0]} PRAGMA user_version = 1;")
        run = (1, "t", "p", "x", "main", "", "U1", "", 1.0, 0, "kept", "2026-11-23T12:00:00+00:00", None)
        old.execute("INSERT INTO runs VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?)", run)
        events = ((1, "2026-11-23T12:00:00+00:00", "began", "step", "x" * 300, "", "") for _ in range(EVENTS))
        old.executemany("INSERT INTO events (run, at, kind, step, data, before, hash) VALUES (?,?,?,?,?,?,?)", events)
        old.commit()


def kill_during_the_copy(path: Path) -> bool:
    """Open the file in a process that is killed as soon as the copy appears. False if the process had already ended."""
    process = subprocess.Popen([sys.executable, "-c", OPEN, str(path)])
    deadline = time.monotonic() + 20
    while not list(path.parent.glob("*.shape-1*")) and process.poll() is None:
        assert time.monotonic() < deadline, "no copy was made"
        time.sleep(0.001)
    process.kill()
    return process.wait() == -signal.SIGKILL


def version_and_events(path: Path) -> tuple[int, int]:
    """The schema version of a file, and how many events it has."""
    with closing(sqlite3.connect(path)) as file:
        version = int(file.execute("PRAGMA user_version").fetchone()[0])
        return version, int(file.execute("SELECT count(*) FROM events").fetchone()[0])


def test_a_kill_during_the_migration_leaves_a_complete_file_and_a_complete_copy(tmp_path: Path) -> None:
    path = tmp_path / "gonogo.db"
    write_old_file(path)
    assert kill_during_the_copy(path), "the process ended before it could be killed"
    Store(path).close()
    assert version_and_events(path) == (len(MIGRATIONS), EVENTS)
    assert version_and_events(tmp_path / "gonogo.db.shape-1") == (1, EVENTS), "the copy of the old file is not complete"
