"""Finds what was changed from outside: compares a run's journal with its rows, entry by entry."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator

from state.frozen import dataclass
from state.journal.chain import CHANGING, Chain, Entry, EntryKind, Head, digest, head_mac, link
from state.journal.key import RecordKey
from state.journal.stops import is_unsigned_stop
from state.journal.words import what_of


@dataclass(frozen=True, kw_only=True)
class Change:
    """What was changed, in a sentence. `number` is the first entry that it is about, 0 for a row without an entry.

    `certain` is False where the entry is only not known to be the bot's: it was written with another key, or with none.
    `row` is the hash of what the record holds there now.
    """

    number: int
    summary: str
    kind: str = ""
    certain: bool = True
    row: str = ""

    def __str__(self) -> str:
        return self.summary

    @property
    def finding(self) -> str:
        """The name of this change. The same row changed once more is another one."""
        return hashlib.sha256(f"{self.summary}\0{self.row}".encode(errors="replace")).hexdigest()[:16]


def find_changes(chain: Chain, key: RecordKey | None, known: Head | None = None) -> list[Change]:
    """Every change, in the order of the entries; then rows that no entry covers. Empty if nothing was changed.

    Without a key only the hashes are compared. `known` is a head of this run that was seen earlier.
    """
    changes = [*_entries(chain, key), *_end(chain, key, known)]
    covered = {(entry.kind, entry.ref) for entry in chain.entries}
    changes += [
        Change(number=0, kind=kind, summary=f"{what_of(kind, ref)} was added: no entry covers it", row=digest(row))
        for (kind, ref), row in chain.rows.items()
        if (kind, ref) not in covered
    ]
    doubles = (f"{what_of(kind, ref)} stands there more than once: a row was added" for kind, ref in chain.doubles)
    return changes + [Change(number=0, summary=summary) for summary in doubles]


def unsigned_stops(chain: Chain) -> list[Change]:
    """What was written without the record's key and is no change from outside: it only stops the run."""
    return [
        Change(number=entry.number, kind=entry.kind, summary=_name(entry), certain=False)
        for entry in chain.entries
        if is_unsigned_stop(entry, chain.rows.get((entry.kind, entry.ref), {}))
    ]


def is_signed(chain: Chain, entry: Entry, key: RecordKey | None) -> bool:
    """Whether an entry is the bot's own, by itself, and its row as it was written. Without a key, by its hash alone."""
    row = chain.rows.get((entry.kind, entry.ref))
    own = key is None or (entry.key == key.id and _same(entry.mac, key.mac(f"entry {entry.hash}")))
    return own and row is not None and digest(row) == entry.digest


def _entries(chain: Chain, key: RecordKey | None) -> Iterator[Change]:
    newest = {(entry.kind, entry.ref): entry.number for entry in chain.entries}
    number, previous = 0, ""
    key_before: str | None = None  # the name of the key of the entry before
    for entry in chain.entries:
        gap = entry.number != number + 1
        if gap:
            yield _gap(number, entry)
        number = max(number, entry.number)
        row = chain.rows.get((entry.kind, entry.ref), {})
        problem = _problem(chain, entry, key, None if gap else previous, newest[entry.kind, entry.ref])
        previous = entry.hash
        if not problem and number == 1 and entry.kind not in {EntryKind.RUN, EntryKind.FOUND}:
            problem = "the start of the run was removed before it"
        certain = bool(problem)
        if not problem and is_unsigned_stop(entry, row):
            continue  # the next one without a key is not excused by it
        if not problem and key and entry.key not in {key.id, key_before}:
            made = f"with another key ({entry.key})" if entry.key else "without the record's key"
            problem = f"was written {made}"
        key_before = entry.key
        if problem:
            summary = f"{_name(entry)} {problem}"
            yield Change(number=entry.number, kind=entry.kind, certain=certain, summary=summary, row=digest(row))


def _problem(chain: Chain, entry: Entry, key: RecordKey | None, previous: str | None, newest: int) -> str:
    """What is wrong with an entry, as the end of a sentence. `previous` is None after a gap."""
    if previous is not None:
        expected = link(previous, chain.run, entry.number, entry.kind, entry.ref, entry.digest)
        if entry.hash != expected:
            return "was altered or put in"
    if key and entry.key == key.id and not _same(entry.mac, key.mac(f"entry {entry.hash}")):
        return "was altered or put in: its signature is wrong"
    if entry.kind == EntryKind.FOUND or (entry.kind in CHANGING and entry.number != newest):
        return ""
    row = chain.rows.get((entry.kind, entry.ref))
    if row is None:
        return "was removed from the record"
    return "was altered" if digest(row) != entry.digest else ""


def _gap(number: int, entry: Entry) -> Change:
    if entry.number <= number:
        return Change(number=entry.number, summary=f"{_name(entry)} stands at the wrong place")
    return _removed(number + 1, entry.number - 1)


def _removed(first: int, last: int) -> Change:
    which = f"entry {first} was" if first == last else f"entries {first} to {last} were"
    return Change(number=first, summary=f"{which} removed")


def _end(chain: Chain, key: RecordKey | None, known: Head | None) -> Iterator[Change]:
    """What is wrong at the end: entries that are missing, or a head that does not fit."""
    last = chain.entries[-1] if chain.entries else None
    number = last.number if last else 0
    head = chain.head
    by_number = {entry.number: entry.hash for entry in chain.entries}
    missing = max(head.number if head else 0, known.number if known else 0)
    if missing > number:
        yield _removed(number + 1, missing)
    elif known and by_number.get(known.number) != known.hash:
        yield Change(number=known.number, summary=f"entry {known.number} is not the one that the bot wrote")
    if last is None and head is None:
        return
    if head is None:
        yield Change(number=number, summary=f"the end of the journal after entry {number} was removed")
    elif head.number < number:
        yield Change(number=head.number + 1, summary=f"entry {head.number + 1} was put in after the end of the journal")
    elif last and head.number == number and not _fits(chain, head, key):
        yield Change(number=number, summary=f"the end of the journal at entry {number} was altered")


def _fits(chain: Chain, head: Head, key: RecordKey | None) -> bool:
    """Whether a head is that of the last entry. One of another key is as good as the entry, which is reported."""
    signed = next((entry for entry in reversed(chain.entries) if entry.key), None)
    if head.hash != chain.entries[-1].hash or head.key != (signed.key if signed else ""):
        return False
    if signed is None or key is None or head.key != key.id:
        return True
    return _same(head.mac, head_mac(chain.run, signed.number, signed.hash, key))


def _same(mac: str, expected: str) -> bool:
    return hmac.compare_digest(mac.encode(errors="replace"), expected.encode())


def _name(entry: Entry) -> str:
    return f"entry {entry.number} ({what_of(entry.kind, entry.ref)})"
