"""A run's record as it was read last: read again only once something was written to it."""

from __future__ import annotations

import threading
import time

from state.records import Record
from state.store.record_store import RecordStore

LONGEST = 15.0  # seconds after which it is read again all the same, should word of a write be lost


class LastRead:
    """The record of one run, for whoever looks at it again and again, and decides nothing by it alone.

    Word of what another process writes may come some milliseconds later than the write.
    """

    def __init__(self, store: RecordStore, run: int) -> None:
        self._store = store
        self._run = run
        self._mutex = threading.Lock()
        self._version: tuple[int, int] | None = None
        self._read_at = 0.0
        self._record: Record | None = None

    def record(self, *, anew: bool = False) -> Record:
        """The run's record; `anew` as it is at this moment. Raises what `RecordStore.record` raises."""
        with self._mutex:
            version, now = self._store.version(self._run), time.monotonic()
            if anew or self._record is None or version != self._version or now - self._read_at > LONGEST:
                self._record = self._store.record(self._run)
                self._version, self._read_at = version, now
            return self._record
