"""How the size of the state file changes the time of `/deploy status`."""

from __future__ import annotations

import statistics
import tempfile
import time
from datetime import timedelta
from pathlib import Path

from commands.report.status import status_of
from commands.start.request import StartRequest
from commands.start.starter import start
from state.facts import Actor, Door
from state.records import Attempt, AttemptState
from state.sqlite.store import Store
from tests.pages import NOON, small

PAGE = small()
PEOPLE = {"dba": frozenset({"UDBA"}), "lead": frozenset({"ULEAD"})}


def measure() -> dict[str, float]:
    """Milliseconds (median of 50) of a status at each size, and their ratio."""
    with tempfile.TemporaryDirectory() as folder:
        thousand = _status_time(Path(folder) / "small.db", 1_000)
        million = _status_time(Path(folder) / "large.db", 1_000_000)
    return {"1,000 events, ms": thousand, "1,000,000 events, ms": million, "ratio": million / thousand}


def _status_time(path: Path, events: int) -> float:
    store = Store(path)
    run = start(store, PAGE, StartRequest(), Actor(person="U1", door=Door.SLACK), PEOPLE, NOON)
    store.begin_attempt(run.id, "ready", 1, NOON)
    store.end_attempt(run.id, Attempt(step="ready", attempt=1, state=AttemptState.DONE, began_at=NOON), NOON)
    rows = ((run.id, NOON.isoformat(), "status", "", "{}", f"bulk:{n}", "", "") for n in range(events))
    sql = "INSERT INTO events (run, at, kind, step, data, once, before, hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
    with store._write() as db:
        db.conn.executemany(sql, rows)
    times = [_one_status(store, run.id) for _ in range(50)]
    store.close()
    return statistics.median(times)


def _one_status(store: Store, run: int) -> float:
    began = time.perf_counter()
    store.active_runs()
    status_of(PAGE, store.record(run), NOON + timedelta(minutes=1))
    return (time.perf_counter() - began) * 1000
