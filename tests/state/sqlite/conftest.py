"""An open store, and a run in it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from state.records import Run
from state.sqlite.store import Store
from tests.pages import NOON
from tests.state.sqlite.samples import STARTED, new_run


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the state file is."""
    return tmp_path / "gonogo.db"


@pytest.fixture
def store(path: Path) -> Iterator[Store]:
    """An open store on a new file."""
    opened = Store(path)
    yield opened
    opened.close()


@pytest.fixture
def run(store: Store) -> Run:
    """A run that has just begun."""
    return store.start_run(new_run(), NOON, STARTED)
