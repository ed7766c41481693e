"""Writes and reads the journal, in the transactions of the writes that it covers."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from typing import Any

from state.errors import BadRecord
from state.events import EventKind
from state.frozen import dataclass
from state.journal import (
    Chain,
    Change,
    Entry,
    EntryKind,
    Head,
    RecordKey,
    entry_after,
    find_changes,
    head_mac,
    is_signed,
)
from state.journal.key import KeyHolder
from state.journal.stops import data_of
from state.store.covered import TABLES, covered
from state.store.database import Database, Duty, Row, Tables

KEY_IN_FORCE = "record key"  # the name under which the serving bot stores which key it has
RECORD = 0  # the "run" whose head holds the newest run, and in place of a hash the newest run without a journal


class Journal:
    """A record with its journal. The first run makes the file of the key.

    `changed` is notified after every write. Every method raises BadRecord if the record cannot be used.
    """

    def __init__(self, database: Database, key: KeyHolder) -> None:
        self._db = database
        self._keys = key
        self.changed = database.changed

    @property
    def key(self) -> RecordKey | None:
        """The record's key, or None if it is not here. Raises BadRecord if it cannot be read."""
        return self._keys.key

    @property
    def key_name(self) -> str:
        """What tells this record from another one: the name of its key. Empty where the key is not here."""
        try:
            return self._keys.key.id if self._keys.key else ""
        except BadRecord:
            return ""

    @property
    def tables(self) -> Tables:
        """The tables of the record, to be read."""
        return self._db

    def close(self) -> None:
        """Leave the record, and whatever this process holds of it."""
        self._db.close()

    def owned_elsewhere(self, duty: Duty = Duty.RUN) -> frozenset[int]:
        """The runs for which another bot has this duty now."""
        return self._db.owned_elsewhere(duty)

    def posting_bots(self) -> tuple[int, dict[str, int]]:
        """How many bots post runs to Slack now, in all and to each channel."""
        return self._db.posting_bots()

    def release(self, run: int, duty: Duty = Duty.RUN) -> None:
        """Let another bot have this duty for a run; does nothing where this one does not have it."""
        self._db.release(run, duty)

    def hand_over(self, runs: Iterable[int], duty: Duty = Duty.RUN) -> None:
        """Let other bots have this duty for these runs, and wake them: this one leaves."""
        self._db.hand_over(runs, duty)

    def alone(self, run: int) -> AbstractContextManager[None]:
        """Inside the block no bot carries out the run. Raises BadRecord if one does."""
        return self._db.alone(run)

    def require_lock(self) -> None:
        """Raise BadRecord if this process served the record, and another one may serve it in its place now."""
        self._db.require_lock()

    def clock_offset(self) -> timedelta:
        """What the time of day of all bots of the record is ahead of this machine's."""
        return self._db.clock_offset()

    def now(self) -> datetime:
        """The time of day by which the record is written, whichever bot writes."""
        return datetime.now(UTC) + self._db.clock_offset()

    def version(self, run: int | None = None) -> tuple[int, int]:
        """See `state.store.database.Database.version`."""
        return self._db.version(run)

    def chain(self, run: int) -> Chain:
        """The journal of a run, and the rows that it covers, in one snapshot."""
        with self._db.snapshot():
            read = read_chain(self._db, run)
        return read.chain()

    def has_lost_key(self) -> bool:
        """Whether the journal was begun and its key is not here. Raises BadRecord if the key cannot be read."""
        return self.key is None and bool(self._db.rows("SELECT 1 FROM journal_heads LIMIT 1"))

    def key_problem(self) -> str:
        """Why this process cannot sign for the bot, as a sentence: its key is missing, bad, or another; else empty."""
        try:
            if self.has_lost_key():
                return "The record's key is not here."
            bots = self._bots_key()
            if self.key and bots not in {self.key.id, ""}:
                return f"This record's key ({self.key.id}) is not that of the bot ({bots})."
        except BadRecord as error:
            return str(error)
        return ""

    def make_key(self) -> None:
        """Make the file of the key, unless there is a key or a journal. Raises BadRecord."""
        if self.key is None and not self.has_lost_key():
            self._keys.create()

    def reported(self, run: int) -> frozenset[str]:
        """The changes from outside that the bot has told of and signed for, by their findings."""
        chain, key = self.chain(run), self.key
        events = [entry for entry in chain.entries if entry.kind == EntryKind.EVENT and is_signed(chain, entry, key)]
        rows = [chain.rows[entry.kind, entry.ref] for entry in events]
        told = [data_of(row) for row in rows if row.get("kind") == EventKind.RECORD_CHANGED]
        return frozenset(str(finding) for data in told for finding in data.get("findings", ()))

    def check(self, run: int, known: Head | None = None) -> tuple[list[Change], Head | None]:
        """What was changed from outside in a run, and its present head. `known` is a head that was seen earlier."""
        with self._db.snapshot():
            read, record = read_chain(self._db, run), self.head(RECORD)
            foreign = self._db.schema_changes()
        chain = read.chain()
        return foreign + chain_changes(chain, record, self.key, known), chain.head

    def changes(self, run: int) -> list[Change]:
        """What was changed from outside in a run. Empty for one that is older than the journal."""
        return self.check(run)[0]

    def head(self, run: int) -> Head | None:
        """The head of a run's journal, or None if it has none."""
        for row in self._db.rows("SELECT * FROM journal_heads WHERE run = ?", run):
            return to_head(row)
        return None

    # -- writing, within the caller's transaction ---------------------------------------------------------------

    def _begin_journal(self, run: int) -> None:
        """Begin the journal of a new run."""
        newest = self.head(RECORD)
        older = newest.hash if newest else "0"
        key = self._key_to_write()
        mac = head_mac(RECORD, run, older, key)
        self._write_head(RECORD, Head(number=run, hash=older, key=key.id if key else "", mac=mac))
        self._append(run, EntryKind.RUN)

    def _number_of_removed(self) -> int:
        """The number of the newest run if its row is not there any more, which no later run may take; else 0."""
        newest = self.head(RECORD)
        if (
            newest is None
            or head_problem(newest, self.key)
            or self._db.rows("SELECT 1 FROM runs WHERE id >= ?", newest.number)
        ):
            return 0
        return newest.number

    def _append(self, run: int, kind: EntryKind, sql: str = "", *values: Any) -> None:
        """Add the entry for a row that was just written; `sql` selects it where it is not the run's own row."""
        head = self.head(run)
        if head is None and kind is not EntryKind.RUN and is_older(run, self.head(RECORD), self._key_to_write()):
            self._cover_older(run)
            return
        table = TABLE_OF[kind]
        rows = self._db.rows(sql or TABLES[table], *(values or (run,)))
        for found, ref, columns in covered(table, rows[-1], len(rows)):
            if found is kind:
                self._write_entry(head, run, kind, ref, columns)

    def _cover_older(self, run: int) -> None:
        """Cover a run that began before there was a journal, as it is now."""
        head = self._write_entry(None, run, EntryKind.FOUND, "", {})
        for kind, ref, columns in read_chain(self._db, run).covered():
            head = self._write_entry(head, run, kind, ref, columns)

    def _write_entry(self, head: Head | None, run: int, kind: EntryKind, ref: str, columns: Mapping[str, Any]) -> Head:
        entry, new = entry_after(head, run, kind, ref, columns, self._key_to_write())
        values = (entry.number, kind.value, ref, entry.digest, entry.hash, entry.key, entry.mac)
        self._db.execute("INSERT INTO journal VALUES (?, ?, ?, ?, ?, ?, ?, ?)", run, *values)
        self._write_head(run, new)
        return new

    def _bots_key(self) -> str:
        """The name of the key that the last serving bot had, or else of the key that the newest run began with."""
        rows = self._db.rows("SELECT value FROM in_force WHERE name = ?", KEY_IN_FORCE)
        record = self.head(RECORD)
        return (str(rows[0]["value"]) if rows else "") or (record.key if record else "")

    def _key_to_write(self) -> RecordKey | None:
        """The key to write with. The very first write makes it; without it the bot still writes, unsigned.

        Only the serving bot may change it: what another process wrote with another key would look like a change.
        """
        try:
            key = self.key
        except BadRecord:
            return None
        if key and not self._db.serving and self._bots_key() not in {key.id, ""}:
            return None
        if key is None and not self._db.rows("SELECT 1 FROM journal_heads LIMIT 1"):
            key = self._keys.create()
        return key

    def _write_head(self, run: int, head: Head) -> None:
        self._db.execute(
            "INSERT INTO journal_heads (run, number, hash, key, mac) VALUES (?, ?, ?, ?, ?) ON CONFLICT (run) "
            "DO UPDATE SET number = excluded.number, hash = excluded.hash, key = excluded.key, mac = excluded.mac",
            *(run, head.number, head.hash, head.key, head.mac),
        )


TABLE_OF = {
    EntryKind.RUN: "runs",
    EntryKind.MOVE: "runs",
    EntryKind.BEGIN: "attempts",
    EntryKind.END: "attempts",
    EntryKind.FACT: "facts",
    EntryKind.EVENT: "events",
    EntryKind.FILE: "files",
    EntryKind.JUMP: "clock_jumps",
}


def is_older(run: int, record: Head | None, key: RecordKey | None) -> bool:
    """Whether a run began before there was a journal, by the head of the record, which must be signed."""
    return record is not None and not head_problem(record, key) and run <= newest_older(record)


def newest_older(record: Head) -> int:
    """The newest run that began before there was a journal; 0 if there is none."""
    return int(record.hash) if re.fullmatch(r"[0-9]{1,18}", record.hash) else 0


def head_problem(record: Head, key: RecordKey | None) -> bool:
    """Whether the head of the record is not signed with the key."""
    return key is not None and record.mac != head_mac(RECORD, record.number, record.hash, key)


def chain_changes(chain: Chain, record: Head | None, key: RecordKey | None, known: Head | None = None) -> list[Change]:
    """What was changed from outside in a run. Empty for one without a journal that is older than the journal."""
    if not chain.entries and not chain.head and not known and is_older(chain.run, record, key):
        return []
    return find_changes(chain, key, known)


@dataclass(frozen=True)
class ReadChain:
    """The rows of a run and of its journal, as read in one go; making them a Chain takes longer and needs no lock."""

    run: int
    entries: Sequence[Row]
    heads: Sequence[Row]
    tables: Mapping[str, Sequence[Row]]

    def chain(self) -> Chain:
        """The journal, and the rows that it covers."""
        rows = list(self.covered())
        numbers = Counter((kind, ref) for kind, ref, _ in rows)
        return Chain(
            run=self.run,
            doubles=tuple(one for one, number in numbers.items() if number > 1),
            entries=tuple(_to_entry(row) for row in self.entries),
            head=to_head(self.heads[0]) if self.heads else None,
            rows={(kind, ref): columns for kind, ref, columns in rows},
        )

    def covered(self) -> Iterator[tuple[EntryKind, str, Mapping[str, Any]]]:
        """Everything that the journal covers, table by table."""
        for table, rows in self.tables.items():
            for place, row in enumerate(rows, start=1):
                yield from covered(table, row, place)


def read_chain(tables: Tables, run: int) -> ReadChain:
    """Read a run with its journal, within the caller's snapshot or write."""

    def rows(sql: str) -> Sequence[Row]:
        # somebody may have put bytes there that are no text: they must be found, not end the search
        return tables.rows(sql, run, errors="surrogateescape")

    return ReadChain(
        run=run,
        entries=rows("SELECT * FROM journal WHERE run = ? ORDER BY number"),
        heads=rows("SELECT * FROM journal_heads WHERE run = ?"),
        tables={table: rows(sql) for table, sql in TABLES.items()},
    )


def _to_entry(row: Row) -> Entry:
    texts = {name: str(row[name]) for name in ("kind", "ref", "digest", "hash", "key", "mac")}
    return Entry(run=row["run"], number=_number(row), **texts)


def to_head(row: Row) -> Head:
    """A head from its row."""
    return Head(number=_number(row), **{name: str(row[name]) for name in ("hash", "key", "mac")})


def _number(row: Row) -> int:
    """The number of an entry; -1, which no entry has, for anything else that somebody put there."""
    return row["number"] if isinstance(row["number"], int) else -1
