"""A record on each database that may hold one, and a run in it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.rehearsal.target.postgres import Postgres
from state.records import Run
from state.store import RecordStore
from tests.pages import NOON
from tests.state.kept import Kept, KeptInFile, KeptInPostgres
from tests.state.sqlite.samples import STARTED, new_run


@pytest.fixture(params=["sqlite", "postgres"])
def kept(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Kept]:
    """Where the test's record is kept."""
    if request.param == "sqlite":
        yield KeptInFile(tmp_path)
        return
    server: Postgres = request.getfixturevalue("postgres")
    record = KeptInPostgres(server, tmp_path)
    record.prepare()
    yield record
    record.close()


@pytest.fixture
def store(kept: Kept) -> Iterator[RecordStore]:
    """An open store on a new record."""
    opened = kept.open()
    yield opened
    opened.close()


@pytest.fixture
def run(store: RecordStore) -> Run:
    """A run that has just begun."""
    return store.start_run(new_run(), NOON, STARTED)
