"""Which entries need no key of the record: what only stops a run, at the terminal."""

from __future__ import annotations

import json
from typing import Any

from state.events import Ask, EventKind
from state.facts import Door, FactKind
from state.journal.chain import Entry, EntryKind, Row

_FACTS = {FactKind.HOLD, FactKind.ROLLBACK}
_EVENTS = {EventKind.HELD, EventKind.ROLLBACK_REQUESTED}


def is_unsigned_stop(entry: Entry, row: Row) -> bool:
    """Whether an entry without a key only stops: a hold, a refusal or a rollback request, or what is told of it."""
    if entry.key or not row:
        return False
    data = data_of(row)
    match entry.kind:
        case EntryKind.FACT if row.get("door") == Door.TERMINAL:
            return row.get("kind") in _FACTS or (row.get("kind") == FactKind.SIGNATURE and data.get("refused") is True)
        case EntryKind.EVENT if row.get("kind") == EventKind.PEOPLE_ASKED:
            return data.get("ask") == Ask.ANSWER  # what to do about the refused step
        case EntryKind.EVENT:
            told = row.get("kind") in _EVENTS or (
                row.get("kind") == EventKind.STEP_SIGNED and data.get("refused") is True
            )
            return told and bool(data.get("door"))
    return False


def data_of(row: Row) -> dict[str, Any]:
    """The fields that a row of a fact or an event holds; empty if they cannot be read."""
    try:
        data = json.loads(row["data"])
    except (TypeError, ValueError, KeyError, RecursionError):
        return {}
    return data if isinstance(data, dict) else {}
