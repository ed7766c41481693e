"""The row that an entry of the journal covers, by the entry's kind and ref."""

from __future__ import annotations

from typing import Any

from state.journal import EntryKind
from state.store.database import Row, Tables
from state.store.journal import TABLE_OF

# how a row is found by the run and what its entry calls it
_ROWS = {
    "runs": "SELECT * FROM runs WHERE id = ?",
    "attempts": "SELECT * FROM attempts WHERE run = ? AND step = ? AND attempt = ?",
    "facts": "SELECT * FROM facts WHERE run = ? AND key = ?",
    "events": "SELECT * FROM events WHERE run = ? AND id = ?",
    "files": "SELECT * FROM files WHERE run = ? AND name = ?",
    "clock_jumps": "SELECT * FROM clock_jumps WHERE run = ? ORDER BY rowid LIMIT 1 OFFSET ?",
}


def row_of_entry(tables: Tables, run: int, kind: str, ref: str) -> tuple[str, Row] | None:
    """The table and the row as it is now; None where there is none any more. Raises BadRecord."""
    if kind not in TABLE_OF:
        return None
    table = TABLE_OF[EntryKind(kind)]
    rows = tables.rows(_ROWS[table], run, *_called(table, ref), errors="surrogateescape")
    return (table, rows[0]) if rows else None


def _called(table: str, ref: str) -> tuple[Any, ...]:
    match table:
        case "runs":
            return ()
        case "attempts":
            step, _, attempt = ref.rpartition(" ")
            return step, _number(attempt)
        case "events":
            return (_number(ref.partition(" ")[0]),)
        case "clock_jumps":
            return (_number(ref) - 1,)
    return (ref,)


def _number(text: str) -> int:
    """A number of a ref; 0, which no row has, for anything else that somebody put there."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0
