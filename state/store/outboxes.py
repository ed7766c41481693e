"""How far other programs were told of each run: one position for each duty that tells them."""

from __future__ import annotations

from datetime import datetime

from state.records import ACTIVE
from state.store.database import Duty
from state.store.run_files import RunFiles

_UNTOLD = """
    SELECT runs.id FROM runs LEFT JOIN told ON told.run = runs.id AND told.duty = ?
    WHERE (runs.state IN (?, ?) OR runs.ended_at > ?)
    AND (SELECT MAX(events.id) FROM events WHERE events.run = runs.id) > COALESCE(told.event, 0) ORDER BY runs.id
"""


class Outboxes(RunFiles):
    """The record with how far others were told. Every method raises BadRecord if it cannot be used."""

    def untold(self, duty: Duty, since: datetime) -> list[int]:
        """The runs that are active, or ended since, and have events of which a destination has not been told."""
        return [row["id"] for row in self._db.rows(_UNTOLD, duty.value, *ACTIVE, since.isoformat())]

    def told(self, run: int, duty: Duty) -> int | None:
        """The newest event of a run of which a destination was told; None if it never heard of the run."""
        for row in self._db.rows("SELECT event FROM told WHERE run = ? AND duty = ?", run, duty.value):
            return int(row["event"])
        return None

    def save_told(self, run: int, duty: Duty, event: int) -> None:
        """Store that a destination was told of a run up to this event."""
        with self._db.write(run):
            self._db.execute(
                "INSERT INTO told (run, duty, event) VALUES (?, ?, ?) "
                "ON CONFLICT (run, duty) DO UPDATE SET event = excluded.event",
                *(run, duty.value, event),
            )
