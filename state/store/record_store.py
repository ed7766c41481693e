"""The store of the runs' records. Every write is one transaction, together with its events."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from state.errors import AlreadyRunning, Refused, TooLate, UnreadableRun
from state.events import QueueLeft
from state.facts import Fact, FactKind, Planned
from state.journal import EntryKind
from state.records import (
    ACTIVE,
    ATTEMPT_MOVES,
    RUN_MOVES,
    Attempt,
    AttemptState,
    Condition,
    NewEvent,
    Position,
    Record,
    Run,
    RunState,
)
from state.store.attempt_cache import AttemptCache
from state.store.database import Duty, RowExists
from state.store.replay import Mirrored, Replay
from state.store.rows import (
    attempt_row,
    clean,
    event_row,
    fact_row,
    jump_row,
    to_fact,
)
from state.store.run_reader import RunReader, readable_rows
from state.true_times import WrittenRecord, find_jump, true_attempts, true_facts

ONE_ATTEMPT = "SELECT * FROM attempts WHERE (run, step, attempt) = (?, ?, ?)"


class RecordStore(RunReader, Replay):
    """The records of all runs, in one database.

    One process executes a run; others may read it and add facts. All returned times are true times (see
    `state.true_times`). Every method raises BadRecord if the database cannot be used.
    """

    @cached_property
    def _attempts(self) -> AttemptCache:
        return AttemptCache(self._db)

    def owned(self, run: int, duty: Duty = Duty.RUN) -> RecordStore | None:
        """The record as the bot that has this duty for a run uses it; None while another bot has it.

        Once another bot takes it, every method of that record raises NotOwner.
        """
        database = self._db.own(run, duty)
        if database is self._db:
            return self
        return RecordStore(database, self._keys) if database else None

    # -- runs ---------------------------------------------------------------------------------------------------

    def start_run(
        self, run: dict[str, Any], at: datetime, *events: NewEvent, facts: Iterable[Fact] = (), queued: int = 0
    ) -> Run:
        """Store a new run in state `going`, with its first facts; with `queued`, that this queued start became it.

        Raises AlreadyRunning if its target has an active run, TooLate if the queued start does not wait any more.
        """
        try:
            with self._db.write(also=queued):
                number = self._new_run(run, RunState.GOING, at)
                for fact in facts:
                    self._insert_fact(number, fact_row(fact))
                self._add_events(number, at, events)
                if queued:
                    left = QueueLeft(started=number)
                    self._move(queued, RunState.STARTED, at, [NewEvent(data=left)])
        except RowExists:
            active = self.active_run(run["target"])
            which = f"run {active.id}, started by {active.starter}" if active else "another run"
            text = f"{run['target']} already has {which}; let it end or roll it back first."
            raise AlreadyRunning(text, active.id if active else 0) from None
        return self.run(number)

    def queue_run(self, run: dict[str, Any], planned: Planned, event: NewEvent, *, most: int) -> Run:
        """Store a queued start, which takes a number of its own. Raises Refused if its target has `most` of them."""
        with self._db.write():
            waiting = self._db.rows(
                "SELECT id FROM runs WHERE target = ? AND state = ?", clean(run["target"]), RunState.QUEUED.value
            )
            if len(waiting) >= most:
                raise Refused(f"{len(waiting)} starts of {run['target']} are queued already; drop one first.")
            number = self._new_run(run, RunState.QUEUED, planned.at)
            self._append(number, EntryKind.MOVE)
            self._insert_fact(number, fact_row(planned))
            self._add_events(number, planned.at, [event])
        return self.run(number)

    def _new_run(self, run: dict[str, Any], state: RunState, at: datetime) -> int:
        places = json.dumps(run.get("places", {}))
        row = {**clean(run), "places": places, "state": state.value, "began_at": at.isoformat()}
        if removed := self._number_of_removed():
            row["id"] = removed + 1
        number = self._db.insert("runs", row)
        self._begin_journal(number)
        return number

    def move_run(
        self, number: int, state: RunState, at: datetime, *events: NewEvent, only_if: Condition | None = None
    ) -> bool:
        """Move a run to another state. False if it is there already, or if `only_if` is false.

        Raises TooLate on a move that is not in RUN_MOVES.
        """
        with self._db.write(number):
            if self.run(number).state == state or (only_if and not only_if(self._record(number))):
                return False
            self._move(number, state, at, events)
        return True

    def _move(self, number: int, state: RunState, at: datetime, events: Iterable[NewEvent]) -> None:
        now = self.run(number).state
        if state not in RUN_MOVES[now]:
            raise TooLate(f"Run {number} is {now}; it cannot become {state}.")
        ended = None if state in ACTIVE else at.isoformat()
        self._db.execute("UPDATE runs SET state = ?, ended_at = ? WHERE id = ?", state.value, ended, number)
        self._append(number, EntryKind.MOVE)
        self._add_events(number, at, events)

    def set_rollback_loss(self, number: int, text: str) -> None:
        """Store what a rollback would lose, by the last query."""
        with self._db.write(number):
            self._db.execute("UPDATE runs SET rollback_loss = ? WHERE id = ?", clean(text), number)

    def require_writable(self, number: int) -> None:
        """Write a run's row as it is. Raises BadRecord if nothing can be written, as on a full or read-only disk."""
        with self._db.write(number):
            self._db.execute("UPDATE runs SET state = state WHERE id = ?", number)

    def record(self, number: int) -> Record:
        """Everything that decides what happens next in a run, in one snapshot.

        Raises KeyError without such a run, UnreadableRun if one of its rows is damaged.
        """
        with self._db.snapshot():
            return self._record(number)

    def records(self, numbers: Iterable[int]) -> list[Record]:
        """The records of these runs, in this order; without those of which a row cannot be read."""
        records = []
        for number in numbers:
            with suppress(UnreadableRun):
                records.append(self.record(number))
        return records

    def _record(self, number: int) -> Record:
        jumps = self._readable_jumps(number)
        run = self._run(number, jumps)
        (event,) = self._db.rows("SELECT COALESCE(MAX(id), 0) AS newest FROM events WHERE run = ?", number)
        with readable_rows(number):
            written = self._written(number)
            if not run.active:
                self._attempts.forget(number)
            return Record(
                run=run,
                attempts=true_attempts(written.attempts, jumps),
                facts=true_facts(written.facts, jumps),
                position=replace(written.position, event=event["newest"]),
            )

    def _written(self, run: int) -> WrittenRecord:
        """The attempts and facts of a run, times as written, in the order of writing: the clock may have gone back."""
        facts = self._db.rows("SELECT * FROM facts WHERE run = ? ORDER BY id", run)
        return WrittenRecord(attempts=self._attempts.attempts(run), facts=[*map(to_fact, facts)])

    # -- attempts -----------------------------------------------------------------------------------------------

    def begin_attempt(self, run: int, step: str, attempt: int, at: datetime, *events: NewEvent) -> None:
        """Store an attempt as `running`, before it does anything. Raises BadRecord if another bot may do it, too."""
        self.require_lock()
        began = Attempt(step=step, attempt=attempt, state=AttemptState.RUNNING, began_at=at)
        with self._db.write(run):
            self._db.insert("attempts", {"run": run, **attempt_row(began)})
            self._append(run, EntryKind.BEGIN, ONE_ATTEMPT, run, step, attempt)
            self._add_events(run, at, events)

    def end_attempt(self, run: int, ended: Attempt, at: datetime, *events: NewEvent) -> None:
        """Store an attempt's state, summary and outcome. Raises TooLate on a move that is not in ATTEMPT_MOVES."""
        where = (run, ended.step, ended.attempt)
        with self._db.write(run):
            (row,) = self._db.rows(ONE_ATTEMPT, *where)
            now = AttemptState(row["state"])
            if ended.state not in ATTEMPT_MOVES[now]:
                raise TooLate(f"Step {ended.step} is {now}; it cannot become {ended.state}.")
            values = (ended.state.value, at.isoformat(), clean(ended.summary), json.dumps(clean(ended.outcome)))
            self._db.execute(
                "UPDATE attempts SET state = ?, ended_at = ?, summary = ?, outcome = ? "
                "WHERE (run, step, attempt) = (?, ?, ?)",
                *(*values, *where),
            )
            self._append(run, EntryKind.END, ONE_ATTEMPT, *where)
            self._add_events(run, at, events)

    def repeat(self, run: int, repeats: Iterable[Attempt], at: datetime, *events: NewEvent, only_if: Condition) -> bool:
        """Store attempts that have the result of earlier ones, in one write. False if `only_if` is false."""
        with self._db.write(run):
            if not only_if(self._record(run)):
                return False
            for repeat in repeats:
                self._db.insert("attempts", {"run": run, **attempt_row(repeat)})
                for kind in (EntryKind.BEGIN, EntryKind.END):
                    self._append(run, kind, ONE_ATTEMPT, run, repeat.step, repeat.attempt)
            self._add_events(run, at, events)
        return True

    def show_progress(self, run: int, step: str, attempt: int, text: str) -> None:
        """Store the newest output of a running attempt; does nothing once it has ended."""
        with self._db.write(run):
            self._db.execute(
                "UPDATE attempts SET progress = ? WHERE (run, step, attempt, state) = (?, ?, ?, ?)",
                *(clean(text), run, step, attempt, AttemptState.RUNNING.value),
            )

    def take_in(self, run: int, mirrored: Iterable[Mirrored], at: datetime, told: NewEvent) -> None:
        """Write what a mirror of the run has beyond the record, after the event that tells of it; all in one write."""
        with self._db.write(run):
            self._add_events(run, at, [told])
            self._replay(run, mirrored)

    # -- facts, events, and clock jumps -------------------------------------------------------------------------

    def add_fact(
        self,
        run: int,
        fact: Fact,
        *events: NewEvent,
        follows: Fact | None = None,
        only_if: Condition | None = None,
        only_in: Collection[RunState] = (),
    ) -> bool:
        """Store a fact, with its events and the fact that `follows` from it.

        False, and nothing is stored, if the run has a fact of its kind with this key already, if the run is in none of
        the states `only_in`, or if `only_if` is false. Only `only_if` reads the record, so without it a damaged row
        keeps nothing from being stored.
        """
        with self._db.write(run):
            key = self._free_key(run, fact)
            if not key or (only_in and self._state(run) not in only_in):
                return False
            if only_if and not only_if(self._record(run)):
                return False
            for new in filter(None, (fact, follows)):
                self._insert_fact(run, fact_row(new) | ({"key": key} if new is fact else {}))
            self._add_events(run, fact.at, events)
        return True

    def _insert_fact(self, run: int, row: dict[str, Any]) -> None:
        number = self._db.insert("facts", {"run": run, **row})
        self._append(run, EntryKind.FACT, "SELECT * FROM facts WHERE id = ?", number)

    def fact_count(self, run: int, *kinds: FactKind) -> int:
        """How many facts of these kinds a run has, whether they can be read or not."""
        rows = self._db.rows("SELECT kind FROM facts WHERE run = ?", run, errors="replace")
        return sum(row["kind"] in kinds for row in rows)

    def _free_key(self, run: int, fact: Fact) -> str:
        """The key to store a fact under; "" if it is stored already. A forged fact of another kind takes no key."""
        key = str(clean(fact.key))
        sql = "SELECT kind FROM facts WHERE run = ? AND key = ?"
        while taken := self._db.rows(sql, run, key, errors="replace"):
            if taken[0]["kind"] == fact.kind:
                return ""
            key += "+"
        return key

    def _state(self, run: int) -> str:
        """The state of a run as it is written; "" without such a run."""
        rows = self._db.rows("SELECT state FROM runs WHERE id = ?", run, errors="replace")
        return str(next((row["state"] for row in rows), ""))

    def add_events(self, run: int, at: datetime, *events: NewEvent) -> None:
        """Store events that belong to no other write."""
        with self._db.write(run):
            self._add_events(run, at, events)

    def add_clock_jump(self, run: int, by: timedelta, now: datetime, since: Position, event: NewEvent) -> None:
        """Store that the clock has jumped by `by`. The jump is found at `now`; the clock was last right at `since`."""
        with self._db.write(run):
            sql = "SELECT id, at FROM events WHERE run = ? AND id > ? ORDER BY id"
            events = [(row["id"], datetime.fromisoformat(row["at"])) for row in self._db.rows(sql, run, since.event)]
            written = replace(self._written(run), events=events or [(since.event, now)])
            self._db.insert("clock_jumps", {"run": run, **jump_row(find_jump(written, by, now, since))})
            self._append(run, EntryKind.JUMP)
            self._add_events(run, now, [event])

    def _add_events(self, run: int, at: datetime, events: Iterable[NewEvent]) -> None:
        for event in events:
            if event.once and self._db.rows("SELECT 1 FROM events WHERE run = ? AND once = ?", run, event.once):
                continue
            row = {"run": run, "at": at.isoformat(), **event_row(event)}
            number = self._db.insert("events", row)
            self._append(run, EntryKind.EVENT, "SELECT * FROM events WHERE id = ?", number)
