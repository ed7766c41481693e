"""The locks that a backup takes in the server's lock table, beside those of pg_dump."""

from __future__ import annotations

import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread

import psycopg

from bot.rehearsal.target.postgres import OWNER, Postgres
from bot.rehearsal.target.programs import postgres_programs
from commands.steps.base import execute
from tests.commands.steps.builders import box, context
from tests.conftest import make_host
from tests.local_shell import LocalShell
from tests.world import World

PARTS = 1000
BACKUP = 'host = "h"\ndatabase_url = "$DB"\nfolder = "$FOLDER"\nname = "shop"\n'
TABLE = "CREATE TABLE events (id int, at date, kind int, body text) PARTITION BY LIST (id)"
PART = """
CREATE TABLE part_{0} PARTITION OF events FOR VALUES IN ({0});
INSERT INTO part_{0} SELECT {0}, current_date, n, 'body' FROM generate_series(1, 50) n
"""
# a lock on the fast path takes no room in the lock table
TAKEN = "SELECT count(*) FILTER (WHERE NOT fastpath), count(*) FROM pg_locks WHERE pid <> pg_backend_pid()"


def measure() -> dict[str, float]:
    """The most locks that were there at one moment, and gonogo's as a ratio to pg_dump's."""
    with tempfile.TemporaryDirectory(prefix="gonogo-bench-", dir="/tmp") as name:
        folder = Path(name)
        folder.chmod(0o755)
        with _server(folder) as url:
            dump = _most(url, lambda: _dump(url, folder / "dump"))
            backup = _most(url, lambda: _back_up(url, folder / "backups"))
    return {
        f"pg_dump of {PARTS:,} parts, locks in the lock table": dump[0],
        "gonogo: the same": backup[0],
        "ratio, lock table": backup[0] / dump[0],
        "pg_dump: with those that take no room there": dump[1],
        "gonogo: with those that take no room there": backup[1],
    }


@contextmanager
def _server(folder: Path) -> Iterator[str]:
    host = make_host(folder)
    server = Postgres(host)
    server.start()
    try:
        url = server.url(OWNER)
        with psycopg.connect(url, autocommit=True) as session:
            session.execute(TABLE)
            for first in range(0, PARTS, 100):
                session.execute(";".join(map(PART.format, range(first, first + 100))))
            for column in ("id", "at", "kind", "body"):
                session.execute(f"CREATE INDEX ON events ({column})")
        yield url
    finally:
        server.stop()
        host.stop_processes()


def _most(url: str, work: Callable[[], object]) -> tuple[int, int]:
    """The most locks in the server's lock table while the work is done, and the most of all."""
    done, seen = Event(), [(0, 0)]

    def look() -> None:
        with psycopg.connect(url, autocommit=True) as session:
            while not done.is_set():
                seen.extend(session.execute(TAKEN).fetchall())
                time.sleep(0.02)

    looks = Thread(target=look)
    looks.start()
    try:
        work()
    finally:
        done.set()
        looks.join()
    taken, of_all = zip(*seen, strict=True)
    return max(taken), max(of_all)


def _dump(url: str, folder: Path) -> None:
    command: list[str | Path] = [postgres_programs() / "pg_dump", "-Fd", "--jobs=2", "-f", folder, url]
    subprocess.run(command, check=True)


def _back_up(url: str, folder: Path) -> None:
    """Run the step as on a host."""
    shell = LocalShell({"DB": url, "FOLDER": str(folder)}, postgres_programs())
    outcome = execute(box("backup", BACKUP), context(World(), shell=shell))
    if outcome.state != "done":
        raise RuntimeError(f"{outcome.summary}\n{outcome.output}")
