"""The store: the only place that reads and writes the record's file. Every write is one transaction with its events."""

from __future__ import annotations

import hashlib
import json
import sqlite3
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlite_utils import Database

from state.errors import AlreadyRunning, BadRecord, TooLate
from state.records import ACTIVE, GOING, RUN_MOVES, RUNNING, STEP_MOVES, Event, Fact, News, Provided, Record, Run, Step
from state.sqlite.file import open_file, transaction
from state.sqlite.lock import take_lock
from state.sqlite.rows import clean, clean_news, event_hash, to_event, to_fact, to_run, to_step


class Store:
    """One record file, opened by one thread-safe connection.

    `serving=True` takes the file's lock, so that only one process acts on its runs; others may read it and add facts.
    """

    def __init__(self, path: Path, *, serving: bool = False) -> None:
        self.path = path
        self._mutex = threading.RLock()
        self._writes = 0
        self.changed = threading.Condition()
        self._lock = take_lock(path) if serving else None
        try:
            self._connection = open_file(path, whole=serving)
        except BadRecord:
            if self._lock:
                self._lock.close()
            raise
        self._db = Database(self._connection)

    def close(self) -> None:
        """Close the file and give its lock back."""
        with self._mutex:
            self._connection.close()
        if self._lock:
            self._lock.close()
            self._lock = None

    # -- runs ---------------------------------------------------------------------------------------------------

    def start_run(self, run: dict[str, Any], at: datetime, news: News) -> Run:
        """Write a new run in state `going`. Raises AlreadyRunning if its target has an active one."""
        row = {**clean(run), "state": GOING, "began_at": at.isoformat(), "ended_at": None}
        try:
            with self._write() as db:
                number = int(str(db.table("runs").insert(row).last_pk))
                self._tell(number, at, [news])
        except sqlite3.IntegrityError:
            active = self.active_run(run["target"])
            who = f"run {active.id}, started by {active.starter}" if active else "another run"
            raise AlreadyRunning(f"{run['target']} already has {who}; let it end or roll it back first.") from None
        return self.run(number)

    def run(self, number: int) -> Run:
        """One run by its number. Raises KeyError if there is none."""
        for row in self._rows("SELECT * FROM runs WHERE id = ?", number):
            return to_run(row)
        raise KeyError(number)

    def runs(self, limit: int = 20) -> list[Run]:
        """The newest runs, newest first."""
        return [to_run(row) for row in self._rows("SELECT * FROM runs ORDER BY id DESC LIMIT ?", limit)]

    def active_runs(self) -> list[Run]:
        """Every run that holds its target, oldest first."""
        return [to_run(row) for row in self._rows("SELECT * FROM runs WHERE state IN (?, ?) ORDER BY id", *ACTIVE)]

    def active_run(self, target: str) -> Run | None:
        """The active run of a target, if any."""
        return next((run for run in self.active_runs() if run.target == target), None)

    def move_run(self, number: int, state: str, at: datetime, *news: News, provided: Provided | None = None) -> bool:
        """Move a run along the table of legal moves; False if it is already there. Raises TooLate on any other move.

        False as well where `provided` says no.
        """
        with self._write():
            now = self.run(number).state
            if now == state or (provided and not provided(self._record(number))):
                return False
            if state not in RUN_MOVES[now]:
                raise TooLate(f"Run {number} is {now}; it cannot become {state}.")
            ended = None if state in ACTIVE else at.isoformat()
            self._db.execute("UPDATE runs SET state = ?, ended_at = ? WHERE id = ?", (state, ended, number))
            self._tell(number, at, news)
        return True

    def set_loses(self, number: int, text: str) -> None:
        """Write what a rollback would lose, as it was last asked."""
        with self._write():
            self._db.execute("UPDATE runs SET loses = ? WHERE id = ?", (clean(text), number))

    def record(self, number: int) -> Record:
        """All that decides what happens next in a run, read at one moment."""
        with self._mutex, self._snapshot():
            return self._record(number)

    def _record(self, number: int) -> Record:
        return Record(
            run=self.run(number),
            steps=tuple(
                to_step(row)
                # as they were written: a clock that went back must not make an older value the newest
                for row in self._rows("SELECT * FROM steps WHERE run = ? ORDER BY rowid", number)
            ),
            facts=tuple(to_fact(row) for row in self._rows("SELECT * FROM facts WHERE run = ? ORDER BY id", number)),
        )

    # -- steps --------------------------------------------------------------------------------------------------

    def begin_step(self, run: int, step: str, attempt: int, at: datetime, *news: News) -> None:
        """Write that an attempt is about to act."""
        row = {"run": run, "step": step, "attempt": attempt, "state": RUNNING, "began_at": at.isoformat()}
        with self._write() as db:
            db.table("steps").insert({**row, "ended_at": None, "says": "", "outcome": "{}"})
            self._tell(run, at, news)

    def end_step(self, run: int, row: Step, at: datetime, *news: News) -> None:
        """Write how an attempt ended (`row.state`, `says`, `outcome`). Raises TooLate on a move that is not legal."""
        with self._write():
            found = list(
                self._rows("SELECT state FROM steps WHERE (run, step, attempt) = (?, ?, ?)", run, row.step, row.attempt)
            )
            now = found[0]["state"]
            if row.state not in STEP_MOVES[now]:
                raise TooLate(f"Step {row.step} is {now}; it cannot become {row.state}.")
            values = (row.state, at.isoformat(), clean(row.says), json.dumps(clean(row.outcome)))
            self._db.execute(
                "UPDATE steps SET state = ?, ended_at = ?, says = ?, outcome = ? WHERE (run, step, attempt) = (?, ?, ?)",
                (*values, run, row.step, row.attempt),
            )
            self._tell(run, at, news)

    def show_progress(self, run: int, step: str, attempt: int, text: str) -> None:
        """Write what a running attempt shows so far; nothing where it has ended."""
        with self._write():
            self._db.execute(
                "UPDATE steps SET progress = ? WHERE (run, step, attempt, state) = (?, ?, ?, ?)",
                (clean(text), run, step, attempt, RUNNING),
            )

    # -- facts and events ---------------------------------------------------------------------------------------

    def add_fact(
        self, run: int, fact: Fact, *news: News, follows: Fact | None = None, provided: Provided | None = None
    ) -> bool:
        """Write what somebody said, and what follows from it; False (and nothing written) if it had been said already.

        False as well where `provided` says no.
        """
        with self._write() as db:
            said = list(self._rows("SELECT 1 FROM facts WHERE run = ? AND once = ?", run, fact.once))
            if said or (provided and not provided(self._record(run))):
                return False
            for one in filter(None, (fact, follows)):
                db.table("facts").insert({"run": run, **clean(asdict(one)), "at": one.at.isoformat()})
            self._tell(run, fact.at, news)
        return True

    def tell(self, run: int, at: datetime, *news: News) -> None:
        """Write events that belong to no other write."""
        with self._write():
            self._tell(run, at, news)

    def events(self, run: int, after: int = 0, limit: int = 200) -> list[Event]:
        """The events of a run that come after an event's id, in order."""
        sql = "SELECT * FROM events WHERE run = ? AND id > ? ORDER BY id LIMIT ?"
        return [to_event(row) for row in self._rows(sql, run, after, limit)]

    def _tell(self, run: int, at: datetime, news: Iterable[News]) -> None:
        for one in map(clean_news, news):
            if one.once and list(self._rows("SELECT 1 FROM events WHERE run = ? AND once = ?", run, one.once)):
                continue
            last = list(self._rows("SELECT hash FROM events WHERE run = ? ORDER BY id DESC LIMIT 1", run))
            row = {"run": run, "at": at.isoformat(), "kind": one.kind, "step": one.step}
            row["data"] = json.dumps(one.data, ensure_ascii=False, sort_keys=True)
            row["before"] = last[0]["hash"] if last else ""
            row["hash"] = event_hash(row)
            self._db.table("events").insert({**row, "once": one.once})

    # -- files of a run, and what the poster remembers ------------------------------------------------------------

    def keep_file(self, run: int, name: str, text: str) -> str:
        """Keep a file's text with the run; returns its SHA-256. The first text kept under a name stays."""
        digest = hashlib.sha256(text.encode()).hexdigest()
        with self._write() as db:
            db.table("files").insert({"run": run, "name": name, "sha256": digest, "text": text}, ignore=True)
        return digest

    def file(self, run: int, name: str) -> str | None:
        """The text of a kept file, or None."""
        for row in self._rows("SELECT text FROM files WHERE run = ? AND name = ?", run, name):
            return str(row["text"])
        return None

    def note_post(self, run: int, event: int, channel: str, ts: str) -> None:
        """Remember which Slack message tells an event; event 0 is the run's card."""
        row = {"run": run, "event": event, "channel": channel, "ts": ts}
        with self._write() as db:
            db.table("posts").insert(row, replace=True)

    def posts(self, run: int) -> dict[int, str]:
        """The Slack ts of each event told so far, by event id; 0 is the card."""
        return {row["event"]: row["ts"] for row in self._rows("SELECT event, ts FROM posts WHERE run = ?", run)}

    # -- inside -------------------------------------------------------------------------------------------------

    def version(self) -> tuple[int, int]:
        """Two numbers, one of which changes with every write: by another process, and by this one."""
        with self._mutex:
            return int(self._connection.execute("PRAGMA data_version").fetchone()[0]), self._writes

    def _rows(self, sql: str, *values: Any) -> list[sqlite3.Row]:
        with self._mutex:
            return self._connection.execute(sql, values).fetchall()

    @contextmanager
    def _snapshot(self) -> Iterator[None]:
        self._connection.execute("BEGIN")
        try:
            yield
        finally:
            self._connection.execute("COMMIT")

    @contextmanager
    def _write(self) -> Iterator[Database]:
        with self._mutex:
            before = self._connection.total_changes
            with transaction(self._connection, self.path):
                yield self._db
            if self._connection.total_changes == before:
                return  # what was there already wakes nobody
            self._writes += 1
        with self.changed:
            self.changed.notify_all()
