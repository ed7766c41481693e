"""The chain of a run's journal: what an entry covers, and how it is tied to the one before."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace
from enum import StrEnum
from typing import Any

from state.frozen import dataclass
from state.journal.key import RecordKey

Row = Mapping[str, Any]  # the columns of a row that an entry covers


class EntryKind(StrEnum):
    """What an entry covers."""

    FOUND = "found"  # the run began before there was a journal; what follows was found as it is
    RUN = "run"  # the run as it began, with its page
    MOVE = "move"  # the run's state and end
    BEGIN = "begin"  # an attempt that began
    END = "end"  # how an attempt ended
    FACT = "fact"
    EVENT = "event"
    FILE = "file"  # a file kept with the run
    JUMP = "clock jump"


# the row changes: only its newest entry can be compared with it
CHANGING = frozenset[str]({EntryKind.MOVE, EntryKind.END})


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One entry. `number` counts the run's entries from 1. `kind` is an EntryKind, `ref` names the row in its table.

    `digest` is the hash of the row. `hash` is the hash of this entry and of all before it. `mac` is the signature of
    `hash` with the record's key, whose name is `key`. Both are empty if the entry was written without the key.
    """

    run: int
    number: int
    kind: str
    ref: str
    digest: str
    hash: str
    key: str
    mac: str


@dataclass(frozen=True, kw_only=True)
class Head:
    """The newest entry of a run, so that entries missing at the end are noticed.

    `mac` signs the newest entry that was written with a key, whose name is `key`: whoever appends without the key
    cannot first remove what was signed.
    """

    number: int
    hash: str
    key: str
    mac: str


@dataclass(frozen=True, kw_only=True)
class Chain:
    """The journal of a run as stored, and the rows that the record holds now, by kind and ref.

    `doubles` are the kinds and refs that more than one row has: the bot writes none, and only one of them is in `rows`.
    """

    run: int
    entries: tuple[Entry, ...]
    head: Head | None
    rows: Mapping[tuple[str, str], Row]
    doubles: tuple[tuple[str, str], ...] = ()


def digest(row: Row) -> str:
    """The hash of a row as stored. Empty columns do not count, so that a later version may add a column."""
    kept = {name: value for name, value in row.items() if value is not None and value != ""}
    text = json.dumps(kept, sort_keys=True, separators=(",", ":"), default=lambda value: {"hex": bytes(value).hex()})
    return hashlib.sha256(text.encode()).hexdigest()


def link(previous: str, run: int, number: int, kind: str, ref: str, row: str) -> str:
    """The hash of an entry: of the hash before it, and of what the entry says; `row` is the digest of its row."""
    return hashlib.sha256(json.dumps([previous, run, number, kind, ref, row]).encode()).hexdigest()


def entry_after(
    head: Head | None, run: int, kind: EntryKind, ref: str, row: Row, key: RecordKey | None
) -> tuple[Entry, Head]:
    """The entry that follows a head, and the new head."""
    number = head.number + 1 if head else 1
    row_digest = digest(row)
    chained = link(head.hash if head else "", run, number, kind, ref, row_digest)
    mac, name = (key.mac(f"entry {chained}"), key.id) if key else ("", "")
    entry = Entry(run=run, number=number, kind=kind, ref=ref, digest=row_digest, hash=chained, key=name, mac=mac)
    if head and not key:
        return entry, replace(head, number=number, hash=chained)
    return entry, Head(number=number, hash=chained, key=name, mac=head_mac(run, number, chained, key))


def head_mac(run: int, number: int, chained: str, key: RecordKey | None) -> str:
    """The signature of a head."""
    return key.mac(f"head {run} {number} {chained}") if key else ""
