"""What the journal covers of a record: which columns of which rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from state.journal import EntryKind
from state.records import AttemptState, RunState
from state.store.database import Row

Covered = tuple[EntryKind, str, Mapping[str, Any]]  # kind, ref and columns

# the tables that the journal covers, with the order of their rows
TABLES = {
    "runs": "SELECT * FROM runs WHERE id = ?",
    "attempts": "SELECT * FROM attempts WHERE run = ? ORDER BY number",
    "facts": "SELECT * FROM facts WHERE run = ? ORDER BY id",
    "events": "SELECT * FROM events WHERE run = ? ORDER BY id",
    "files": "SELECT * FROM files WHERE run = ? ORDER BY rowid",
    "clock_jumps": "SELECT * FROM clock_jumps WHERE run = ? ORDER BY rowid",
}
# no decision uses these columns: what a rollback would lose by the last query, and the newest output; and the order of
# rows, which is a column in PostgreSQL only
NOT_COVERED = {
    "runs": {"rollback_loss"},
    "attempts": {"progress"},
    "files": {"rowid"},
    "clock_jumps": {"rowid"},
}
# what Slack shows of an event, what other programs were told, what each start of the bot writes anew, cleared hosts,
# and the journal itself
NOT_COVERED_TABLES = {"posts", "told", "in_force", "tidy_hosts", "journal", "journal_heads", "freezes"}
_MOVE = {"state", "ended_at"}
_END = {"state", "ended_at", "summary", "outcome"}


def covered(table: str, row: Row, place: int) -> Iterator[Covered]:
    """What the journal covers of a row, in the order of its writing. `place` is its place in the run, from 1."""
    columns = {name: value for name, value in dict(row).items() if name not in NOT_COVERED.get(table, ())}
    match table:
        case "runs":
            yield EntryKind.RUN, "", _without(columns, _MOVE)
            if columns["state"] != RunState.GOING or columns["ended_at"]:
                yield EntryKind.MOVE, "", {name: columns[name] for name in ("id", *_MOVE)}
        case "attempts":
            # in quotes where it is no number: “the” and "watch 1" must not pass for “the watch” and 1
            number = columns["attempt"]
            ref = f"{columns['step']} {number if isinstance(number, int) else repr(number)}"
            yield EntryKind.BEGIN, ref, _without(columns, _END)
            if columns["state"] != AttemptState.RUNNING or columns["ended_at"] or columns["outcome"] != "{}":
                yield EntryKind.END, ref, columns
        case "facts":
            yield EntryKind.FACT, str(columns["key"]), columns
        case "events":
            yield EntryKind.EVENT, f"{columns['id']} {columns['kind']}", columns
        case "files":
            yield EntryKind.FILE, str(columns["name"]), columns
        case _:
            yield EntryKind.JUMP, str(place), columns


def _without(columns: Mapping[str, Any], left_out: set[str]) -> dict[str, Any]:
    return {name: value for name, value in columns.items() if name not in left_out}
