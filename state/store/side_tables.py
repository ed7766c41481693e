"""Two small tables beside the runs: what the serving bot runs with, and which hosts are tidy."""

from __future__ import annotations

from collections.abc import Mapping

from state.errors import BadRecord
from state.store.run_files import RunFiles


class SideTables(RunFiles):
    """The record with its small tables. Every method raises BadRecord if it cannot be used."""

    def put_in_force(self, values: Mapping[str, str]) -> None:
        """Store what the serving bot runs with, in place of what an earlier one stored.

        Raises BadRecord in a process that does not hold the lock: nobody else may say so.
        """
        if not self._db.serving:
            raise BadRecord(f"Only the process that serves {self._db.name} may store what it runs with.")
        with self._db.write():
            self._db.execute("DELETE FROM in_force")
            for name, value in values.items():
                self._db.insert("in_force", {"name": name, "value": value})

    def in_force(self) -> dict[str, str]:
        """What the last serving bot ran with; empty if none has served this file."""
        return {row["name"]: row["value"] for row in self._db.rows("SELECT name, value FROM in_force")}

    def mark_tidy(self, run: int, host: str) -> None:
        """Store that an ended run has no job folders left on a host."""
        with self._db.write(run):
            self._db.execute("INSERT INTO tidy_hosts (run, host) VALUES (?, ?) ON CONFLICT DO NOTHING", run, host)

    def tidy_hosts(self, run: int) -> frozenset[str]:
        """The hosts on which an ended run has no job folders left."""
        return frozenset(row["host"] for row in self._db.rows("SELECT host FROM tidy_hosts WHERE run = ?", run))
