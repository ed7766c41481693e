"""Runs at the moments when people act on them."""

from __future__ import annotations

from pathlib import Path

import pytest

from state.facts import Choice
from state.sqlite.store import Store
from tests.commands.signoff.night import LEAD, Night
from tests.commands.signoff.samples import DEPLOY, WINDOW
from tests.pages import NOON, small


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "gonogo.db")


@pytest.fixture
def night(store: Store) -> Night:
    """A run whose checklist waits for its signatures."""
    night = Night(store, small())
    night.attempt("ready")
    return night


@pytest.fixture
def failed(store: Store) -> Night:
    """A run whose deploy step has failed."""
    night = Night(store, small())
    night.attempt(DEPLOY, "failed")
    return night


@pytest.fixture
def skipped(store: Store) -> Night:
    """A run that waits for a second person, because the lead skipped a step that two must skip."""
    night = Night(store, small(**WINDOW))
    night.attempt("the-right-time", "failed")
    night.actions.answer("the-right-time", 1, LEAD, Choice.SKIP, "the boss is here", NOON)
    return night
