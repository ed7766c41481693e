"""The time of `/deploy status` by the size of the state file, and of a write with its journal."""

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
from tests.pages import NOON, event, fact, small

PAGE = small()
PEOPLE = {"dba": frozenset({"UDBA"}), "lead": frozenset({"ULEAD"})}


def measure() -> dict[str, float]:
    """Milliseconds (medians) of a status at each size with their ratio, and of one step's writes and of verifying."""
    with tempfile.TemporaryDirectory() as folder:
        thousand = _status_time(Path(folder) / "small.db", 1_000)
        million = _status_time(Path(folder) / "large.db", 1_000_000)
        write, verified = _journal_times(Path(folder) / "journal.db")
    return {
        "1,000 events, ms": thousand,
        "1,000,000 events, ms": million,
        "ratio": million / thousand,
        "a step's begin, end and sign-off, ms": write,
        "verifying 10,000 entries, ms": verified,
    }


def _journal_times(path: Path) -> tuple[float, float]:
    """The median of 200 steps' three writes, and the time to verify a run of 10,000 entries."""
    store = Store(path)
    run = start(store, PAGE, StartRequest(), Actor(person="U1", door=Door.SLACK), PEOPLE, NOON)
    times = []
    for number in range(200):
        began = time.perf_counter()
        _write_step(store, run.id, number)
        times.append((time.perf_counter() - began) * 1000)
    store.add_events(run.id, NOON, *(event("status") for _ in range(10_000 - len(store.chain(run.id).entries))))
    began = time.perf_counter()
    assert store.changes(run.id) == []
    verified = (time.perf_counter() - began) * 1000
    store.close()
    return statistics.median(times), verified


def _write_step(store: Store, run: int, number: int) -> None:
    """What the record gets of one step: its begin and end, each with an event, and a signature with its event."""
    step = f"step-{number}"
    store.begin_attempt(run, step, 1, NOON, event("began"))
    ended = Attempt(step=step, attempt=1, state=AttemptState.DONE, began_at=NOON, outcome={"lines": ["x" * 80] * 20})
    store.end_attempt(run, ended, NOON, event("ended", {"lines": ["x" * 80] * 20}))
    store.add_fact(run, fact("sign", step, role="dba"), event("signed"))


def _status_time(path: Path, events: int) -> float:
    store = Store(path)
    run = start(store, PAGE, StartRequest(), Actor(person="U1", door=Door.SLACK), PEOPLE, NOON)
    store.begin_attempt(run.id, "ready", 1, NOON)
    store.end_attempt(run.id, Attempt(step="ready", attempt=1, state=AttemptState.DONE, began_at=NOON), NOON)
    rows = ((run.id, NOON.isoformat(), "status", "", "{}", f"bulk:{n}") for n in range(events))
    sql = "INSERT INTO events (run, at, kind, step, data, once) VALUES (?, ?, ?, ?, ?, ?)"
    with store.opened.write():
        store.opened._connection.executemany(sql, rows)
    times = [_one_status(store, run.id) for _ in range(50)]
    store.close()
    return statistics.median(times)


def _one_status(store: Store, run: int) -> float:
    began = time.perf_counter()
    store.active_runs()
    status_of(PAGE, store.record(run), NOON + timedelta(minutes=1))
    return (time.perf_counter() - began) * 1000
