"""The freezes and locks that people set, in the record."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from state.errors import BadRecord
from state.freezes import FreezeSort, KeptFreeze
from state.journal import RecordKey, digest
from state.store.database import Row, RowExists, Tables
from state.store.outboxes import Outboxes
from state.store.rows import clean, to_actor

_TRIES = 5  # at a number that another bot may take at the same moment
_SIGNATURE = {"key", "mac"}
_NAMED = 20  # changes of one sort


class Freezes(Outboxes):
    """The record with its freezes. Every method raises BadRecord if it cannot be used."""

    def add_freezes(self, freezes: Sequence[KeptFreeze]) -> list[KeptFreeze]:
        """Store freezes, locks, or that some were lifted, all or none; returns them with their numbers.

        What somebody else has lifted meanwhile is not lifted again.
        """
        for _ in range(_TRIES):
            try:
                with self._db.write():
                    (newest,) = self._db.rows("SELECT COALESCE(MAX(number), 0) AS number FROM freezes")
                    lifted = self._lifted()
                    new = [one for one in freezes if one.sort is not FreezeSort.LIFT or one.lifts not in lifted]
                    numbered = [replace(one, number=newest["number"] + n) for n, one in enumerate(new, 1)]
                    for one in numbered:
                        self._insert_freeze(_row(one))
            except RowExists:
                continue
            return numbered
        raise BadRecord("Other bots write to the record at the same time, so this was not stored. Try again.")

    def freezes(self, now: datetime) -> list[KeptFreeze]:
        """The freezes and locks that are on, oldest first.

        Whoever sets one only stops, so it counts in any case. That one was lifted counts only with the record's key.
        """
        log, lifted = self.freeze_log(), self._lifted()
        kept = [one for one in log if one.sort is not FreezeSort.LIFT and one.number not in lifted]
        return [freeze for freeze in kept if freeze.ends > now]

    def freeze_log(self) -> list[KeptFreeze]:
        """Every freeze and lock that was set, and each lift that counts, in the order of their numbers."""
        rows = self._db.rows("SELECT * FROM freezes ORDER BY number", errors="replace")
        return [_freeze(row) for row in rows if row["sort"] != FreezeSort.LIFT or self._is_signed(row)]

    def _lifted(self) -> set[int]:
        rows = self._db.rows("SELECT * FROM freezes WHERE sort = ?", FreezeSort.LIFT.value, errors="replace")
        return {row["lifts"] for row in rows if self._is_signed(row)}

    def _insert_freeze(self, row: dict[str, Any]) -> None:
        key = self._key_to_write()
        mac = _mac(row, key) if key else ""
        self._db.insert("freezes", {**row, "key": key.id if key else "", "mac": mac})

    def _is_signed(self, row: Row) -> bool:
        return self.key is None or row["mac"] == _mac(dict(row), self.key)


def freeze_changes(tables: Tables, key: RecordKey | None) -> Iterator[str]:
    """What was changed from outside among the freezes: removed, altered, or lifted without the key.

    They are numbered without a gap, so that one is missed once a later one is there.
    """
    rows = tables.rows("SELECT * FROM freezes ORDER BY number", errors="replace")
    there = {row["number"] for row in rows}
    removed = (number for number in range(1, max(there, default=0)) if number not in there)
    yield from (f"freeze {number} was removed" for number in islice(removed, _NAMED))
    altered = (sentence for row in rows if key and (sentence := _altered(dict(row), key)))
    yield from islice(altered, _NAMED)


def _altered(row: dict[str, Any], key: RecordKey) -> str:
    if row["key"] not in {"", key.id}:
        return f"freeze {row['number']} was written with another key ({row['key']})"
    if row["key"]:
        return "" if row["mac"] == _mac(row, key) else f"freeze {row['number']} was altered"
    # whoever sets one only stops
    return f"freeze {row['lifts']} was lifted without the record's key" if row["sort"] == FreezeSort.LIFT else ""


def _mac(row: dict[str, Any], key: RecordKey) -> str:
    own = {name: value for name, value in row.items() if name not in _SIGNATURE}
    return key.mac(f"freeze {digest(own)}")


def _row(freeze: KeptFreeze) -> dict[str, Any]:
    return {
        "number": freeze.number,
        "sort": freeze.sort.value,
        "target": clean(freeze.target),
        "lifts": freeze.lifts,
        "person": clean(freeze.by.person),
        "door": freeze.by.door.value,
        "account": clean(freeze.by.account),
        "claimed": int(freeze.by.claimed),
        "at": freeze.at.isoformat(),
        "ends": freeze.ends.isoformat(),
        "reason": clean(freeze.reason),
    }


def _freeze(row: Row) -> KeptFreeze:
    try:
        return KeptFreeze(
            number=row["number"],
            sort=FreezeSort(row["sort"]),
            target=row["target"],
            lifts=row["lifts"],
            by=to_actor(row),
            at=_moment(row["at"]),
            ends=_moment(row["ends"]),
            reason=row["reason"],
        )
    except (ValueError, TypeError, OverflowError):
        raise BadRecord(
            f"Freeze {row['number']} cannot be read from the record; it was changed from outside."
        ) from None


def _moment(text: str) -> datetime:
    """A stored moment. Raises ValueError, TypeError and OverflowError for what no bot has stored."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("no zone")
    return moment.astimezone(UTC)
