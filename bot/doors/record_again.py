"""The record of a run that is rolled back from its mirror, as soon as it can be used again."""

from __future__ import annotations

import threading
from contextlib import suppress
from pathlib import Path

from commands.rollback.request import request_rollback
from state.errors import BadRecord, GonogoError
from state.facts import RollbackRequest
from state.journal import RecordKey
from state.place import Place, has_record, open_record
from state.reading_back import ReadBack, read_back
from state.records import ACTIVE, Run
from state.store import RecordStore
from state.store.database import Database

INTERVAL = 0.5  # seconds between two looks


class RecordAgain:
    """The record of a run, as soon as it can be used. `knows` once it holds the request to roll back.

    From then on no bot carries the run forward: the run is owned here, or its owner finds the request.
    """

    def __init__(
        self, place: Place, key: RecordKey | Path | BadRecord, run: Run, request: RollbackRequest | None = None
    ) -> None:
        self.knows = False
        self._place = place
        self._key = key
        self._run = run
        self._request = request
        self._store: RecordStore | None = None
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._loop, name="record", daemon=True)

    def start(self) -> None:
        """Look again and again, until `stop`."""
        self._thread.start()

    def stop(self) -> None:
        """Look no more."""
        self._stopping.set()
        self._thread.join()

    def close(self) -> None:
        """Leave the record, and let a bot own the run."""
        if self._store is not None:
            with suppress(GonogoError):
                self._store.close()
            self._store = None

    def find(self) -> Run | None:
        """The run as the record has it; None if the record does not hold it. Raises BadRecord while it is away."""
        store = self._opened()
        if store is None:
            return None
        with suppress(KeyError):
            found = store.run(self._run.id)
            return found if found.key == self._run.key else None
        return None

    def find_writable(self) -> Run | None:
        """The same, and BadRecord also where a run that goes on cannot be written: the usual rollback needs that."""
        found = self.find()
        if found and found.active and self._store:
            self._store.require_writable(found.id)
        return found

    def read(self, mirror: Database, file: Path) -> ReadBack:
        """Read the mirror into the record. Raises BadRecord and Refused."""
        store = self._opened()
        if store is None:
            raise BadRecord(f"There is no record at {self._place}.")
        return read_back(mirror, file, store, store.now())

    def _opened(self) -> RecordStore | None:
        if self._store is None and has_record(self._place):
            self._store = open_record(self._place, key=self._key)
        return self._store

    def _loop(self) -> None:
        while not self._stopping.is_set():
            try:
                self._tell()
            except GonogoError:
                self.close()
            self._stopping.wait(INTERVAL)

    def _tell(self) -> None:
        """Write the request into the record, and own the run where nobody else does."""
        found = self.find()
        if found is None or self._store is None or self._request is None:
            return
        request = self._request
        if found.active:
            request_rollback(self._store, found.id, request.by, request.reason, request.at, only_in=ACTIVE)
            self._store.owned(found.id)
        self.knows = True
