"""Two small tables beside the runs: what the serving bot runs with, and which hosts are tidy."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from state.errors import BadRecord
from state.store.freezes import Freezes


class SideTables(Freezes):
    """The record with its small tables. Every method raises BadRecord if it cannot be used."""

    def is_in_force(self) -> bool:
        """Whether this bot serves with what is in force."""
        return self._db.is_in_force()

    def others_in_force(self) -> bool:
        """Whether another bot does."""
        return self._db.others_in_force()

    def put_in_force(self, values: Mapping[str, str], *, free: Collection[str] = ()) -> list[str]:
        """Store what the serving bot runs with, in place of what an earlier one stored.

        While other bots serve, what they stored stays, and only what they do not know is added. Returns the names in
        which this bot differs from them, but for those that are `free` to differ; then nothing is stored.

        Raises BadRecord in a process that does not hold the lock: nobody else may say so.
        """
        if not self._db.serving:
            raise BadRecord(f"Only the process that serves {self._db.name} may store what it runs with.")
        with self._db.write():
            if not self._db.others_in_force():
                self._db.execute("DELETE FROM in_force")
            known = self.in_force()
            compared = {name: value for name, value in values.items() if name not in free}
            if differing := sorted(name for name, value in compared.items() if known.get(name, value) != value):
                return differing
            for name in values.keys() - known.keys():
                self._db.insert("in_force", {"name": name, "value": values[name]})
            self._db.hold_in_force()
        return []

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
