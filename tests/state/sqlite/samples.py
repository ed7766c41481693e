"""A run to start, people, and a record of schema version 3 to migrate."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from state.facts import Actor, Door
from state.sqlite.migrations import MIGRATIONS
from tests.pages import NOON, event

U1 = Actor(person="U1", door=Door.SLACK)
STARTED = event("started")


def at(minutes: float) -> datetime:
    """So many minutes after noon."""
    return NOON + timedelta(minutes=minutes)


def new_run(target: str = "shop", **changes: object) -> dict[str, object]:
    """A run as `Store.start_run` takes it."""
    texts = dict.fromkeys(("page", "text", "ref", "note", "starter", "channel"), "")
    return {**texts, "target": target, "speed": 1.0, "notice_minutes": 0, **changes}


def old_file(path: Path, version: int) -> None:
    """An empty state file of an older schema version."""
    with closing(sqlite3.connect(path)) as old:
        old.row_factory = sqlite3.Row
        for migration in MIGRATIONS[:version]:
            if callable(migration):
                migration(old)
            else:
                old.executescript(migration)
        old.execute(f"PRAGMA user_version = {version}")
        old.commit()


class OldRecord:
    """A state file of schema version 3, written row by row as the bot wrote it then. Times are minutes after noon."""

    def __init__(self, path: Path) -> None:
        old_file(path, 3)
        self.connection = sqlite3.connect(path)
        self.events = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self.connection.commit()
        self.connection.close()

    def run(self, number: int, state: str = "going", *, began: float = 0, ended: float | None = None) -> None:
        row = (number, f"target {number}", "small.md", "x", "main", "a note", "U1", "C1", 60.0, 10, state)
        times = (at(began).isoformat(), at(ended).isoformat() if ended is not None else None)
        self._insert("runs", (*row, *times, "12 jobs"))

    def step(
        self,
        step: str,
        attempt: int = 1,
        state: str = "done",
        *,
        began: float = 0,
        ended: float | None = None,
        outcome: dict[str, Any] | None = None,
        run: int = 1,
    ) -> None:
        times = (at(began).isoformat(), at(ended).isoformat() if ended is not None else None)
        self._insert("steps", (run, step, attempt, state, *times, "said so", json.dumps(outcome or {}), "50 %"))

    def fact(
        self,
        kind: str,
        once: str,
        minutes: float = 0,
        *,
        step: str = "",
        attempt: int = 0,
        role: str = "",
        said: str = "",
        reason: str = "",
        person: str = "U2",
        via: str = "slack",
        run: int = 1,
    ) -> None:
        row = (None, run, kind, once, person, via, at(minutes).isoformat(), step, attempt, role, said, reason)
        self._insert("facts", row)

    def jump(self, number: int, found: float, by: float, *, attempts: int, reason: str = "", run: int = 1) -> None:
        """A clock that jumped `by` minutes, which was found when so many attempts had begun."""
        once, said = f"clock:{number}", f"{by * 60}"
        self.fact(
            "clock",
            once,
            found,
            attempt=attempts,
            said=said,
            reason=reason,
            person="gonogo",
            via="gonogo",
            run=run,
        )
        self.event("clock", found, {"says": "went", "title": "Clock"}, run=run)

    def event(self, kind: str, minutes: float, data: dict[str, Any], *, step: str = "", run: int = 1) -> None:
        self.events += 1
        row = (None, run, at(minutes).isoformat(), kind, step, json.dumps(data), None, "", f"hash {self.events}")
        self._insert("events", row)

    def _insert(self, table: str, row: tuple[Any, ...]) -> None:
        self.connection.execute(f"INSERT INTO {table} VALUES ({', '.join('?' * len(row))})", row)
