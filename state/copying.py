"""Copies a whole record, its journal included, to another place, and verifies the copy."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any

from state.errors import BadRecord
from state.frozen import dataclass
from state.journal import RecordKey
from state.place import Place, has_record, open_database_at, tables_at, unserved
from state.store.covered import TABLES
from state.store.database import Database, RowExists, Tables
from state.store.journal import RECORD
from state.store.verify import Verdict, verdicts

# the tables of a run, in an order in which none names a row that is not there yet
OF_RUN = {
    **TABLES,
    "posts": "SELECT * FROM posts WHERE run = ? ORDER BY event",
    "told": "SELECT * FROM told WHERE run = ? ORDER BY duty",
    "tidy_hosts": "SELECT * FROM tidy_hosts WHERE run = ? ORDER BY host",
    "journal": "SELECT * FROM journal WHERE run = ? ORDER BY number",
    "journal_heads": "SELECT * FROM journal_heads WHERE run = ?",
}
_RUNS = "SELECT id AS n FROM runs UNION SELECT run FROM journal UNION SELECT run FROM journal_heads ORDER BY n"
_ORDER = "rowid"  # where a table has it, the order of its rows is copied, and not the column


@dataclass(frozen=True, kw_only=True)
class Copied:
    """What was copied. `changes` are what had been changed from outside in it before; the copy shows the same."""

    runs: int
    entries: int
    changes: tuple[str, ...] = ()


def copy_record(source: Place, target: Place, key: RecordKey | None) -> Copied:
    """Copy a record and compare the copy with it, run by run, with the record's key where it is given.

    Raises BadRecord for a source that is served or is none, and for a target that holds a record already.
    """
    if not has_record(source):
        raise BadRecord(f"There is no record at {source}, so nothing was copied.")
    with unserved(source), unserved(target), tables_at(source) as tables:
        _require_empty(target)
        with closing(open_database_at(target)) as database:
            _copy(tables, database, target)
        before = verdicts(tables, key)
    with tables_at(target) as copied:
        after = verdicts(copied, key)
    if _compared(before) != _compared(after):
        raise BadRecord(f"The copy at {target} is not the same as the record at {source}. Remove it; do not use it.")
    runs = [verdict for verdict in after if verdict.run != RECORD]
    changes = tuple(f"run {verdict.run}: {change}" for verdict in runs for change in verdict.changes)
    return Copied(runs=len(runs), entries=sum(verdict.entries for verdict in runs), changes=changes)


def _require_empty(target: Place) -> None:
    if not has_record(target):
        return
    with tables_at(target) as tables:
        if tables.rows(_RUNS) or tables.rows("SELECT name FROM in_force"):
            raise BadRecord(f"There is a record at {target} already, so nothing was copied. Name an empty place.")


def _copy(tables: Tables, database: Database, target: Place) -> None:
    """Copy every row, in one transaction."""
    try:
        with tables.snapshot(), database.write():
            for table, rows in groupby(_rows(tables), key=itemgetter(0)):
                database.insert_all(table, map(itemgetter(1), rows))
            database.number_on()
    except (UnicodeError, RowExists) as error:
        what = "a text that is none" if isinstance(error, UnicodeError) else "rows that contradict each other"
        raise BadRecord(
            f"The record holds {what}, which {target} cannot take; nothing was copied. `gonogo verify` names the run."
        ) from None


def _rows(tables: Tables) -> Iterator[tuple[str, dict[str, Any]]]:
    for number in [row["n"] for row in tables.rows(_RUNS)]:
        for table, sql in OF_RUN.items():
            for row in tables.rows(sql, number, errors="surrogateescape"):
                yield table, {name: value for name, value in dict(row).items() if name != _ORDER}
    for row in tables.rows("SELECT * FROM in_force ORDER BY name"):
        yield "in_force", dict(row)
    for row in tables.rows("SELECT * FROM freezes ORDER BY number", errors="surrogateescape"):
        yield "freezes", dict(row)


def _compared(found: list[Verdict]) -> list[tuple[object, ...]]:
    """What must be the same in the copy. What was wrong with the tables themselves does not come along."""
    return [
        (
            verdict.run,
            verdict.covered,
            verdict.found,
            verdict.changes,
            verdict.card,
            verdict.chain.entries if verdict.chain else (),
            verdict.chain.head if verdict.chain else None,
        )
        for verdict in found
        if verdict.run != RECORD
    ]


def key_for(source: Place, key: RecordKey | Path | None) -> RecordKey | None:
    """The key of a record to be copied: the given one, or the one beside its file. Raises BadRecord."""
    from state.journal.key import key_beside, read_key

    if isinstance(key, RecordKey):
        return key
    file = key or (key_beside(source) if isinstance(source, Path) else None)
    return read_key(file) if file else None
