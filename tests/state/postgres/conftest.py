"""A record in a real PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.rehearsal.target.postgres import Postgres
from state.records import Run
from state.store import RecordStore
from tests.pages import NOON
from tests.state.kept import KeptInPostgres
from tests.state.sqlite.samples import STARTED, new_run


@pytest.fixture
def kept(postgres: Postgres, tmp_path: Path) -> Iterator[KeptInPostgres]:
    """Where the test's record is kept."""
    record = KeptInPostgres(postgres, tmp_path)
    record.prepare()
    yield record
    record.close()


@pytest.fixture
def store(kept: KeptInPostgres) -> RecordStore:
    """The record as a serving bot has it."""
    return kept.open(serving=True)


@pytest.fixture
def run(store: RecordStore) -> Run:
    """A run that has just begun."""
    return store.start_run(new_run(), NOON, STARTED)
