"""The journal: a keyed chain of entries, one for each write, that shows changes from outside."""

from __future__ import annotations

from state.journal.chain import Chain, Entry, EntryKind, Head, digest, entry_after, head_mac
from state.journal.changes import Change, find_changes, is_signed, unsigned_stops
from state.journal.key import RecordKey

__all__ = [
    "Chain",
    "Change",
    "Entry",
    "EntryKind",
    "Head",
    "RecordKey",
    "digest",
    "entry_after",
    "find_changes",
    "head_mac",
    "is_signed",
    "unsigned_stops",
]
