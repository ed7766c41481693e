"""Where a record is: in a file, or in PostgreSQL. Only here one is told from the other."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from state.errors import BadRecord, BadSettings
from state.journal import RecordKey

if TYPE_CHECKING:
    from state.postgres.address import PostgresAddress
    from state.store import RecordStore
    from state.store.database import Database, Tables
    from state.store.verify import Verdict

Place: TypeAlias = "Path | PostgresAddress"
_URL = re.compile(r"([a-z][a-z0-9+.-]*)://", re.IGNORECASE)


def place_of(text: str) -> Place:
    """The place that GONOGO_STATE names. Raises BadSettings, which repeats nothing of an address."""
    scheme = _URL.match(text)
    if scheme is None:
        return Path(text)
    if scheme[1].lower() not in {"postgresql", "postgres"}:
        raise BadSettings(
            f"GONOGO_STATE is a {scheme[1]}:// address; the record is in a file or in PostgreSQL (postgresql://…)."
        )
    from state.postgres.address import PostgresAddress

    return PostgresAddress(text)


def open_record(place: Place, *, serving: bool = False, key: RecordKey | Path | BadRecord | None = None) -> RecordStore:
    """The record at a place, made or migrated where need be. Raises BadRecord.

    With `serving` this process may carry out its runs. Without a `key` it is in the file beside the record; in
    PostgreSQL nothing is beside the record.
    """
    if isinstance(place, Path):
        from state.sqlite.store import Store

        return Store(place, serving=serving, key=key)
    from state.postgres.store import PostgresStore

    return PostgresStore(place, serving=serving, key=key or BadRecord(f"The record's key is not set. {NO_KEY}"))


NO_KEY = (
    "In PostgreSQL it is not beside the record: set GONOGO_RECORD_KEY, or GONOGO_RECORD_KEY_FILE, to the same for "
    "every bot. A good one: `openssl rand -hex 32`."
)


def verify_record(place: Place, key: RecordKey | None, run: int = 0) -> list[Verdict]:
    """The verdict on one run, or on the list of runs and then on each; nothing is written. Raises BadRecord."""
    if isinstance(place, Path):
        from state.sqlite.store import verify_file

        return verify_file(place, key, run)
    from state.postgres.store import verify_database

    return verify_database(place, key, run)


def open_database_at(place: Place) -> Database:
    """The tables of a record at a place, made where need be, to write to. Raises BadRecord."""
    if isinstance(place, Path):
        from state.sqlite.open_file import OpenFile

        return OpenFile(place)
    from state.postgres.database import open_database

    return open_database(place, serving=False)


@contextmanager
def tables_at(place: Place) -> Iterator[Tables]:
    """The tables of a record at the newest shape, to be read only. Raises BadRecord."""
    if isinstance(place, Path):
        from state.sqlite.file import open_to_read
        from state.sqlite.open_file import FileReader

        with closing(FileReader(place, open_to_read(place))) as file:
            yield file
        return
    from state.postgres.tables import opened_to_read

    with opened_to_read(place) as tables:
        yield tables


@contextmanager
def unserved(place: Place) -> Iterator[None]:
    """Inside the block no bot serves the record. Raises BadRecord if one does."""
    if isinstance(place, Path):
        from state.sqlite.lock import take_lock

        with closing(take_lock(place)):
            yield
        return
    from state.postgres.looks import unserved as unserved_database

    with unserved_database(place):
        yield


def has_record(place: Place) -> bool:
    """Whether there is a record. Raises BadRecord where that cannot be known."""
    if isinstance(place, Path):
        return place.exists()
    from state.postgres.looks import has_record as has_database_record

    return has_database_record(place)


def is_served(place: Place) -> bool:
    """Whether a bot is serving the record."""
    if isinstance(place, Path):
        from state.sqlite.lock import is_served as is_file_served

        return is_file_served(place)
    from state.postgres.looks import is_served as is_database_served

    return is_database_served(place)


def require_private(place: Place) -> None:
    """Raise BadRecord, before a bot serves a file, if others could change it. The rights in a database are its own."""
    if isinstance(place, Path):
        from state.sqlite.private_file import require_private as require_private_file

        require_private_file(place)


def require_safe(place: Place) -> None:
    """Raise BadRecord if every user of the machine may change the record."""
    if isinstance(place, Path):
        from state.sqlite.private_file import require_safe as require_safe_file

        require_safe_file(place)
