"""Writes into the record what a run's mirror has beyond it, in the order of its journal."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field
from typing import Any

from state.events import EventKind
from state.frozen import dataclass
from state.journal import EntryKind
from state.journal.stops import data_of
from state.records import ACTIVE, ATTEMPT_MOVES, AttemptState
from state.store.database import Row
from state.store.side_tables import SideTables
from state.true_times import BEGAN, ENDED, EVENTS, FACTS

_OF = {BEGAN: "attempts", ENDED: "attempts", FACTS: "facts", EVENTS: "events"}
_ATTEMPT = "SELECT * FROM attempts WHERE (run, step, attempt) = (?, ?, ?)"
_NOT_ENDED: dict[str, Any] = {"state": AttemptState.RUNNING.value, "ended_at": None, "summary": "", "outcome": "{}"}
# what is told once of a run, and which fields say of what: a bot may have told it, too, in a rollback of its own
_TOLD_ONCE: dict[str, tuple[str, ...]] = {
    EventKind.ROLLBACK_REQUESTED: (),
    EventKind.STEP_BEGAN: ("attempt",),
    EventKind.STEP_ENDED: ("attempt",),
    EventKind.RUN_MOVED: ("state", "watched"),
}
_BY_ITSELF = {"id", "number", "rowid"}  # what each database numbers by itself


@dataclass(frozen=True, kw_only=True)
class Mirrored:
    """A row of a mirror, and what the entry of its journal says of it."""

    kind: str
    table: str
    row: Mapping[str, Any]


@dataclasses.dataclass(kw_only=True)
class _Numbers:
    """The numbers in the record of the rows that a mirror numbered by itself, by table and the mirror's number."""

    new: dict[tuple[str, int], int] = field(default_factory=dict)

    def of(self, table: str, number: int) -> int:
        """What both have from before the mirror went on alone has the same number in both."""
        return self.new.get((table, number), number)


class Replay(SideTables):
    """The record, as it takes in what a mirror of a run has beyond it."""

    def _replay(self, run: int, mirrored: Iterable[Mirrored]) -> None:
        """Write each row, with an entry of the record's own journal, within the caller's transaction.

        What the record has already stays as it is: it was written here at the same time.
        """
        numbers = _Numbers()
        for one in mirrored:
            match one.kind:
                case EntryKind.MOVE:
                    self._replay_move(run, one.row)
                case EntryKind.BEGIN:
                    self._replay_begin(run, one.row, numbers)
                case EntryKind.END:
                    self._replay_end(run, one.row)
                case EntryKind.FACT | EntryKind.EVENT:
                    self._replay_said(run, one, numbers)
                case EntryKind.FILE:
                    self._replay_file(run, one.row)
                case EntryKind.JUMP:
                    self._replay_jump(run, one.row, numbers)

    def _replay_move(self, run: int, row: Mapping[str, Any]) -> None:
        (now,) = self._db.rows("SELECT state FROM runs WHERE id = ?", run)
        if now["state"] in ACTIVE and now["state"] != row["state"]:
            values = (row["state"], row["ended_at"], run)
            self._db.execute("UPDATE runs SET state = ?, ended_at = ? WHERE id = ?", *values)
            self._append(run, EntryKind.MOVE)

    def _replay_begin(self, run: int, row: Mapping[str, Any], numbers: _Numbers) -> None:
        where = (run, row["step"], row["attempt"])
        if not self._db.rows(_ATTEMPT, *where):
            self._db.insert("attempts", {**_without_number(row), **_NOT_ENDED})
            self._append(run, EntryKind.BEGIN, _ATTEMPT, *where)
        (written,) = self._db.rows(_ATTEMPT, *where)
        numbers.new["attempts", row["number"]] = written["number"]

    def _replay_end(self, run: int, row: Mapping[str, Any]) -> None:
        where = (run, row["step"], row["attempt"])
        (written,) = self._db.rows(_ATTEMPT, *where)
        if row["state"] not in ATTEMPT_MOVES[AttemptState(written["state"])]:
            return
        values = (row["state"], row["ended_at"], row["summary"], row["outcome"])
        self._db.execute(
            "UPDATE attempts SET state = ?, ended_at = ?, summary = ?, outcome = ? "
            "WHERE (run, step, attempt) = (?, ?, ?)",
            *(*values, *where),
        )
        self._append(run, EntryKind.END, _ATTEMPT, *where)

    def _replay_said(self, run: int, one: Mirrored, numbers: _Numbers) -> None:
        """A fact, or an event; the record takes each key once."""
        unique, kind = ("key", EntryKind.FACT) if one.table == "facts" else ("once", EntryKind.EVENT)
        key, table = one.row[unique], one.table
        sql = f"SELECT id FROM {table} WHERE run = ? AND {unique} = ?"  # noqa: S608
        there = self._db.rows(sql, run, key) if key is not None else self._told_already(run, one)
        if there:
            numbers.new[table, one.row["id"]] = there[0]["id"]
            return
        number = self._db.insert(table, _without_number(one.row))
        self._append(run, kind, f"SELECT * FROM {table} WHERE id = ?", number)  # noqa: S608
        numbers.new[table, one.row["id"]] = number

    def _told_already(self, run: int, one: Mirrored) -> Sequence[Row]:
        """The event by which the record tells the same, if it does."""
        fields = _TOLD_ONCE.get(one.row["kind"])
        if fields is None:
            return ()
        sql = "SELECT * FROM events WHERE run = ? AND kind = ? AND step = ?"
        same = _fields(one.row, fields)
        rows = self._db.rows(sql, run, one.row["kind"], one.row["step"])
        return [row for row in rows if _fields(dict(row), fields) == same]

    def _replay_file(self, run: int, row: Mapping[str, Any]) -> None:
        sql = "SELECT * FROM files WHERE run = ? AND name = ?"
        if not self._db.rows(sql, run, row["name"]):
            self._db.insert("files", _without_number(row))
            self._append(run, EntryKind.FILE, sql, run, row["name"])

    def _replay_jump(self, run: int, row: Mapping[str, Any], numbers: _Numbers) -> None:
        after = {
            name: sorted(numbers.of(_OF.get(name, ""), number) for number in of)
            for name, of in json.loads(row["after"]).items()
        }
        places = {name: numbers.of(f"{name}s", row[name]) for name in ("attempt", "fact", "event")}
        self._db.insert("clock_jumps", {**_without_number(row), **places, "after": json.dumps(after)})
        self._append(run, EntryKind.JUMP)


def _fields(row: Mapping[str, Any], names: tuple[str, ...]) -> list[Any]:
    data = data_of(row)
    return [data.get(name) for name in names]


def _without_number(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name not in _BY_ITSELF}
