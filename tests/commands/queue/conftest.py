"""A queue case on each database that may hold the record."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.rehearsal.target.postgres import Postgres
from tests.commands.queue.queue_case import QueueCase
from tests.state.kept import Kept, KeptInFile, KeptInPostgres


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
def case(kept: Kept) -> Iterator[QueueCase]:
    """A queue case on a new record."""
    store = kept.open()
    yield QueueCase(store)
    store.close()
