"""Reads runs and their events from the record. One damaged row keeps no other from being read."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from typing import Any

from state.errors import BadRecord, NotText, UnreadableRun
from state.events import EventKind
from state.records import ACTIVE, OF_QUEUE, Event, Run, RunState
from state.store.rows import to_event, to_jump, to_run, to_run_in_part
from state.store.side_tables import SideTables
from state.true_times import ClockJump, true_event, true_run

# the events of a run, each with its place in the journal
EVENTS = """
    SELECT e.*, j.number AS entry, j.hash FROM events e
    LEFT JOIN journal j ON j.run = e.run AND j.number = (
        SELECT MIN(number) FROM journal WHERE run = e.run AND ref = e.id || ' ' || e.kind AND kind = 'event'
    )
    WHERE e.run = ? AND e.id > ? ORDER BY e.id LIMIT ?
"""


@contextmanager
def readable_rows(run: int) -> Iterator[None]:
    """Inside the block rows of a run are read and converted. Raises UnreadableRun for what is no text, time or kind."""
    try:
        yield
    except (ValueError, TypeError, AttributeError, KeyError, OverflowError, RecursionError, NotText):
        raise UnreadableRun(run) from None


def _text_or_nothing(value: object) -> str:
    """A text that was read with \"surrogateescape\"; "" if it is none."""
    try:
        return (value if isinstance(value, bytes) else str(value).encode()).decode()
    except UnicodeError:
        return ""


# a run in any other state may be under way, also in a state that this version does not know
OVER = tuple(state for state in RunState if state not in ACTIVE)
_QUEUES = ", ".join("?" * len(OF_QUEUE))
_NEWEST = f"SELECT id FROM runs WHERE state {{}} ({_QUEUES}) ORDER BY id DESC LIMIT ?"  # noqa: S608
_NEWEST_OF_TARGET = _NEWEST.format("NOT IN").replace("ORDER", "AND target = ? ORDER")


class RunReader(SideTables):
    """The runs and their events, as they are read. All returned times are true times (see `state.true_times`)."""

    def run(self, number: int) -> Run:
        """A run by its number. Raises KeyError if there is none, UnreadableRun if its row is damaged."""
        return self._run(number, self._readable_jumps(number))

    def _run(self, number: int, jumps: Sequence[ClockJump]) -> Run:
        with readable_rows(number):
            for row in self._db.rows("SELECT * FROM runs WHERE id = ?", number):
                return true_run(to_run(row), jumps)
        raise KeyError(number)

    def run_to_stop(self, number: int) -> Run:
        """A run by its number, also if its row cannot be read in full: whoever stops it needs no more of it.

        Raises KeyError if there is none, UnreadableRun if it is not active.
        """
        try:
            return self.run(number)
        except UnreadableRun:
            sql = "SELECT * FROM runs WHERE id = ? AND state IN (?, ?)"
            for row in self._db.rows(sql, number, *ACTIVE, errors="replace"):
                return to_run_in_part(row)
            raise

    def runs(self, limit: int = 20) -> list[Run]:
        """The newest runs, newest first; without those whose row cannot be read, and without queued starts."""
        return self._readable(f"id IN ({_NEWEST.format('NOT IN')})", *OF_QUEUE, limit)[::-1]

    def runs_of(self, target: str, limit: int = 20) -> list[Run]:
        """The newest runs of one target, newest first, however many other targets have had since; as `runs`."""
        return self._readable(f"id IN ({_NEWEST_OF_TARGET})", *OF_QUEUE, target, limit)[::-1]

    def of_queue(self, limit: int = 20) -> list[Run]:
        """The newest queued starts, newest first, whether they wait or not; without those that cannot be read."""
        return self._readable(f"id IN ({_NEWEST.format('IN')})", *OF_QUEUE, limit)[::-1]

    def queued(self) -> list[Run]:
        """Every start that waits in a queue or for its time, oldest first; without those that cannot be read."""
        return self._readable("state = ?", RunState.QUEUED.value)

    def active_runs(self) -> list[Run]:
        """Every active run, oldest first; without those whose row cannot be read (see `unreadable_runs`)."""
        return self._readable("state IN (?, ?)", *ACTIVE)

    def unreadable_runs(self, read: Collection[Run] = ()) -> dict[int, str]:
        """The runs that may be active and whose row cannot be read, by number, with their target; "" if that cannot be.

        Those that the caller has just `read` are not read again.
        """
        marks = ", ".join("?" * len(OVER))
        sql = f"SELECT id, target FROM runs WHERE state NOT IN ({marks}) ORDER BY id"  # noqa: S608
        rows = {row["id"]: row["target"] for row in self._db.rows(sql, *OVER, errors="surrogateescape")}
        known = {run.id for run in read}
        return {
            number: _text_or_nothing(target)
            for number, target in rows.items()
            if number not in known and self._run_or_none(number) is None
        }

    def _readable(self, which: str, *values: Any) -> list[Run]:
        """The runs for which `which` is true, oldest first. One bad row keeps no other from being read."""
        with suppress(UnreadableRun):
            return self._runs(which, *values)
        numbers = self._db.rows(f"SELECT id FROM runs WHERE {which} ORDER BY id", *values)  # noqa: S608
        read = (self._run_or_none(row["id"]) for row in numbers)
        return [run for run in read if run]

    def _runs(self, which: str, *values: Any) -> list[Run]:
        """The same in two statements, however many they are. Raises UnreadableRun if any row is damaged."""
        jumps: defaultdict[int, list[ClockJump]] = defaultdict(list)
        sql = f"SELECT * FROM clock_jumps WHERE run IN (SELECT id FROM runs WHERE {which}) ORDER BY rowid"  # noqa: S608
        with readable_rows(0):
            for row in self._db.rows(sql, *values):
                jumps[row["run"]].append(to_jump(row))
            rows = self._db.rows(f"SELECT * FROM runs WHERE {which} ORDER BY id", *values)  # noqa: S608
            return [true_run(to_run(row), jumps[row["id"]]) for row in rows]

    def _run_or_none(self, number: int) -> Run | None:
        # a file that cannot be read at all has raised before
        with suppress(BadRecord):
            return self.run(number)
        return None

    def active_by_state(self) -> dict[RunState, int]:
        """How many active runs the record has in each state, whether they can be read or not."""
        rows = self._db.rows("SELECT state, COUNT(*) AS runs FROM runs WHERE state IN (?, ?) GROUP BY state", *ACTIVE)
        return dict.fromkeys(ACTIVE, 0) | {RunState(row["state"]): row["runs"] for row in rows}

    def active_run(self, target: str) -> Run | None:
        """The active run of a target, or None."""
        return next((run for run in self.active_runs() if run.target == target), None)

    def numbers(self, limit: int) -> list[int]:
        """The numbers of the newest runs, newest first, whether their rows can be read or not."""
        return [row["id"] for row in self._db.rows(_NEWEST.format("NOT IN"), *OF_QUEUE, limit)]

    def events(self, run: int, after: int = 0, limit: int = 200) -> list[Event]:
        """The oldest `limit` events of a run with an id above `after`, in order."""
        with readable_rows(run):
            jumps = self._jumps(run)
            return [true_event(to_event(row), jumps) for row in self._db.rows(EVENTS, run, after, limit)]

    def newest_event(self, run: int, kind: EventKind) -> Event | None:
        """The newest event of a kind; None if a run has none."""
        sql = "SELECT id FROM events WHERE run = ? AND kind = ? ORDER BY id DESC LIMIT 1"
        for row in self._db.rows(sql, run, kind.value):
            return next(iter(self.events(run, row["id"] - 1, 1)), None)
        return None

    def newest_event_at(self, run: int) -> datetime | None:
        """When the newest event of a run was written, by the clock of that moment; None without events."""
        for row in self._db.rows("SELECT at FROM events WHERE run = ? ORDER BY id DESC LIMIT 1", run):
            with readable_rows(run):
                return datetime.fromisoformat(row["at"])
        return None

    def _readable_jumps(self, run: int) -> list[ClockJump]:
        with readable_rows(run):
            return self._jumps(run)

    def _jumps(self, run: int) -> list[ClockJump]:
        return [to_jump(row) for row in self._db.rows("SELECT * FROM clock_jumps WHERE run = ? ORDER BY rowid", run)]
