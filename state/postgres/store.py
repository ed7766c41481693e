"""The record in PostgreSQL: several bots serve it, and each run belongs to one of them."""

from __future__ import annotations

from pathlib import Path

from state.errors import BadRecord
from state.journal import RecordKey
from state.journal.key import KeyHolder
from state.postgres.address import PostgresAddress
from state.postgres.database import open_database
from state.postgres.tables import opened_to_read
from state.store import RecordStore
from state.store.verify import Verdict, verdicts


class PostgresStore(RecordStore):
    """The records of all runs in one PostgreSQL database.

    `key` is the record's key, the file that holds it, or the error that says why there is none. Every bot needs the
    same one.
    """

    def __init__(self, address: PostgresAddress, *, serving: bool = False, key: RecordKey | Path | BadRecord) -> None:
        self.path = address
        self.opened = open_database(address, serving=serving)
        super().__init__(self.opened, KeyHolder(key))


def verify_database(address: PostgresAddress, key: RecordKey | None, run: int = 0) -> list[Verdict]:
    """The verdict on one run, or on the list of runs and then on each; nothing is written. Raises BadRecord."""
    with opened_to_read(address) as tables:
        return verdicts(tables, key, run)
