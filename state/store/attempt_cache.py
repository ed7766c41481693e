"""Attempts that were read: those that have ended are read once and shared by all readers."""

from __future__ import annotations

from state.records import ATTEMPT_MOVES, Attempt
from state.store.database import Database
from state.store.rows import to_attempt

_UNREAD = "SELECT * FROM attempts WHERE run = ? AND (number > ? OR number IN ({})) ORDER BY number"


class AttemptCache:
    """The attempts of active runs, with their numbers in the record and their times as written.

    A watch of hours has thousands of samples, and the run's loop, its monitors and its thread in Slack each hold the
    record. An attempt that has ended does not change, so it is kept until another process writes the record.
    """

    def __init__(self, database: Database) -> None:
        self._db = database
        self._runs: dict[int, tuple[int, dict[int, Attempt]]] = {}  # with the version of others' writes

    def attempts(self, run: int) -> list[tuple[int, Attempt]]:
        """The attempts of a run in the order of writing. Raises what `to_attempt` raises."""
        version, _ = self._db.version(run)
        of, kept = self._runs.get(run, (version, {}))
        if of != version:
            kept = {}
        newest = max(kept, default=0)
        unended = [number for number, attempt in kept.items() if ATTEMPT_MOVES[attempt.state]]
        marks = ", ".join("?" * len(unended)) or "0"  # no number of an attempt
        kept |= map(to_attempt, self._db.rows(_UNREAD.format(marks), run, newest, *unended))
        self._runs[run] = version, kept
        return [*kept.items()]

    def forget(self, run: int) -> None:
        """Forget what was read of a run."""
        self._runs.pop(run, None)
