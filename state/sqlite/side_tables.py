"""Two small tables beside the runs: what the serving bot runs with, and which hosts are tidy."""

from __future__ import annotations

from collections.abc import Mapping

from state.errors import BadRecord
from state.sqlite.open_file import OpenFile


class SideTables(OpenFile):
    """An open state file with its small tables. Every method raises BadRecord if the file cannot be used."""

    def put_in_force(self, values: Mapping[str, str]) -> None:
        """Store what the serving bot runs with, in place of what an earlier one stored.

        Raises BadRecord in a process that does not hold the lock: nobody else may say so.
        """
        if self._lock is None:
            raise BadRecord(f"Only the process that serves {self.path} may store what it runs with.")
        with self._write() as db:
            db.execute("DELETE FROM in_force")
            db.table("in_force").insert_all({"name": name, "value": value} for name, value in values.items())

    def in_force(self) -> dict[str, str]:
        """What the last serving bot ran with; empty if none has served this file."""
        return {row["name"]: row["value"] for row in self._rows("SELECT name, value FROM in_force")}

    def mark_tidy(self, run: int, host: str) -> None:
        """Store that an ended run has no job folders left on a host."""
        with self._write() as db:
            db.table("tidy_hosts").insert({"run": run, "host": host}, ignore=True)

    def tidy_hosts(self, run: int) -> frozenset[str]:
        """The hosts on which an ended run has no job folders left."""
        return frozenset(row["host"] for row in self._rows("SELECT host FROM tidy_hosts WHERE run = ?", run))
