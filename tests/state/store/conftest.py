"""A record on each database that may hold one, and a run in it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from state.records import Run
from state.store import RecordStore
from tests.pages import NOON
from tests.state.kept import Kept, kept
from tests.state.sqlite.samples import STARTED, new_run

__all__ = ["kept"]


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
