"""The freezes and locks that people set, in the record."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from state.errors import BadRecord
from state.freezes import FreezeSort, KeptFreeze
from state.journal import digest
from state.store.database import Row, RowExists
from state.store.outboxes import Outboxes
from state.store.rows import clean, to_actor

_TRIES = 5  # at a number that another bot may take at the same moment
_SIGNATURE = {"key", "mac"}


class Freezes(Outboxes):
    """The record with its freezes. Every method raises BadRecord if it cannot be used."""

    def add_freeze(self, freeze: KeptFreeze) -> int:
        """Store a freeze, a lock, or that one was lifted; returns its number."""
        for _ in range(_TRIES):
            try:
                with self._db.write():
                    (newest,) = self._db.rows("SELECT COALESCE(MAX(number), 0) AS number FROM freezes")
                    row = _row(freeze, newest["number"] + 1)
                    key = self._key_to_write()
                    mac = key.mac(f"freeze {digest(row)}") if key else ""
                    self._db.insert("freezes", {**row, "key": key.id if key else "", "mac": mac})
                return int(row["number"])
            except RowExists:
                continue
        raise BadRecord("Other bots write to the record at the same time, so this was not stored. Try again.")

    def freezes(self, now: datetime) -> list[KeptFreeze]:
        """The freezes and locks that are on, oldest first.

        Whoever sets one only stops, so it counts in any case. That one was lifted counts only with the record's key.
        """
        rows = self._db.rows("SELECT * FROM freezes ORDER BY number", errors="replace")
        lifted = {row["lifts"] for row in rows if row["sort"] == FreezeSort.LIFT and self._is_signed(row)}
        kept = [_freeze(row) for row in rows if row["sort"] != FreezeSort.LIFT and row["number"] not in lifted]
        return [freeze for freeze in kept if freeze.ends > now]

    def _is_signed(self, row: Row) -> bool:
        key = self.key
        own = {name: value for name, value in dict(row).items() if name not in _SIGNATURE}
        return key is None or row["mac"] == key.mac(f"freeze {digest(own)}")


def _row(freeze: KeptFreeze, number: int) -> dict[str, Any]:
    return {
        "number": number,
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
            at=datetime.fromisoformat(row["at"]),
            ends=datetime.fromisoformat(row["ends"]),
            reason=row["reason"],
        )
    except (ValueError, TypeError):
        raise BadRecord(
            f"Freeze {row['number']} cannot be read from the record; it was changed from outside."
        ) from None
