"""The bot is killed while a newer version of it brings the record forward: nothing of the record is lost, and the copy is whole."""

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

ROWS = 60_000
OPEN = "import sys, pathlib; from state.sqlite.store import Store; Store(pathlib.Path(sys.argv[1])).close()"


def make_old(path: Path) -> None:
    """A record of the first shape, with so many events that its copy takes a moment."""
    with closing(sqlite3.connect(path)) as old:
        old.executescript(f"PRAGMA journal_mode = WAL; {MIGRATIONS[0]} PRAGMA user_version = 1;")
        run = (1, "t", "p", "x", "main", "", "U1", "", 1.0, 0, "kept", "2026-11-23T12:00:00+00:00", None)
        old.execute("INSERT INTO runs VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?)", run)
        events = ((1, "2026-11-23T12:00:00+00:00", "began", "step", "x" * 300, "", "") for _ in range(ROWS))
        old.executemany("INSERT INTO events (run, at, kind, step, data, before, hash) VALUES (?,?,?,?,?,?,?)", events)
        old.commit()


def kill_during_the_copy(path: Path) -> bool:
    """Open the record in a process that is killed as soon as its copy appears; whether it was still at it."""
    process = subprocess.Popen([sys.executable, "-c", OPEN, str(path)])
    until = time.monotonic() + 20
    while not list(path.parent.glob("*.shape-1*")) and process.poll() is None:
        assert time.monotonic() < until, "no copy was begun"
        time.sleep(0.001)
    process.kill()
    return process.wait() == -signal.SIGKILL


def rows(path: Path) -> tuple[int, int]:
    """The shape of a record, and how many events it has."""
    with closing(sqlite3.connect(path)) as record:
        shape = int(record.execute("PRAGMA user_version").fetchone()[0])
        return shape, int(record.execute("SELECT count(*) FROM events").fetchone()[0])


def test_a_kill_during_the_upgrade_leaves_a_whole_record_and_a_whole_copy(tmp_path: Path) -> None:
    path = tmp_path / "gonogo.db"
    make_old(path)
    assert kill_during_the_copy(path), "the process was over before it could be killed"
    Store(path).close()
    assert rows(path) == (len(MIGRATIONS), ROWS)
    assert rows(tmp_path / "gonogo.db.shape-1") == (1, ROWS), "the copy of the old record is not whole"
