"""The record in one SQLite file: one process serves it, others may read it and add facts."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from functools import partial
from pathlib import Path

from state.errors import BadRecord
from state.journal import RecordKey, head_mac
from state.journal.key import KeyHolder, key_beside
from state.sqlite.file import open_to_read
from state.sqlite.open_file import FileReader, OpenFile
from state.store import RecordStore
from state.store.journal import RECORD
from state.store.verify import Verdict, verdicts


class Store(RecordStore):
    """The records of all runs in one SQLite file.

    `serving=True` takes the file's lock, so that only one process executes its runs. `key` is the record's key, the
    file that holds it, or the error that says why there is none; without it, the file beside the record.
    """

    def __init__(self, path: Path, *, serving: bool = False, key: RecordKey | Path | BadRecord | None = None) -> None:
        self.path = path
        keys = KeyHolder(key or key_beside(path))
        self.opened = OpenFile(path, serving=serving, began=partial(_journal_began, keys))
        super().__init__(self.opened, keys)


def _journal_began(keys: KeyHolder, connection: sqlite3.Connection) -> None:
    """Write down which runs are older than the journal: no later absence of entries may look like that."""
    newest = int(connection.execute("SELECT coalesce(max(id), 0) FROM runs").fetchone()[0])
    if not newest:
        return
    try:
        key = keys.create()
    except BadRecord:
        key = None
    mac = head_mac(RECORD, newest, str(newest), key)
    values = (RECORD, newest, str(newest), key.id if key else "", mac)
    connection.execute("INSERT INTO journal_heads VALUES (?, ?, ?, ?, ?)", values)


def verify_file(path: Path, key: RecordKey | None, run: int = 0) -> list[Verdict]:
    """The verdict on one run, or on the list of runs and then on each; the file is only read. Raises BadRecord."""
    with closing(FileReader(path, open_to_read(path))) as file:
        return verdicts(file, key, run)
