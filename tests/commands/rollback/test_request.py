"""The rollback request: free for everybody while the run is active, and stored once."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from commands.rollback.request import request_rollback, rollback
from state.errors import NothingRuns
from state.events import RollbackRequested
from state.facts import BOT, Actor, Door, RollbackRequest
from state.records import Run, RunState
from state.sqlite.store import Store
from tests.pages import NOON
from tests.stored import stored_run

GUEST, LEAD = (Actor(person=name, door=Door.SLACK) for name in ("UGUEST", "ULEAD"))
LATER = NOON + timedelta(minutes=1)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "gonogo.db")


@pytest.fixture
def run(store: Store) -> Run:
    return stored_run(store)


def test_everybody_may_request_a_rollback_and_it_is_stored_and_posted(store: Store, run: Run) -> None:
    assert rollback(store, run, GUEST, " it burns ", LATER)
    assert store.record(run.id).facts == (RollbackRequest(by=GUEST, at=LATER, reason="it burns"),)
    requested = store.events(run.id)[-1]
    assert (requested.data, requested.at) == (RollbackRequested(person="UGUEST", reason="it burns"), LATER)


def test_a_second_request_changes_nothing(store: Store, run: Run) -> None:
    assert rollback(store, run, GUEST, "it burns", NOON)
    before = store.record(run.id)
    assert not rollback(store, run, LEAD, "it burns too", LATER)
    assert store.record(run.id) == before


def test_a_run_that_is_rolling_back_can_be_requested_again(store: Store, run: Run) -> None:
    assert rollback(store, run, GUEST, "", NOON)
    store.move_run(run.id, RunState.ROLLING_BACK, NOON)
    assert not rollback(store, run, LEAD, "", LATER), "it is under way, which is no error"


@pytest.mark.parametrize("requested", [False, True])
def test_a_run_that_is_over_has_nothing_to_roll_back(store: Store, run: Run, requested: bool) -> None:
    if requested:
        rollback(store, run, GUEST, "", NOON)
    store.move_run(run.id, RunState.KEPT, NOON)
    before = store.record(run.id)
    with pytest.raises(NothingRuns, match=r"Run 1 is over \(kept\); there is nothing to roll back\."):
        rollback(store, run, GUEST, "it burns", LATER)  # `run` still says that it is active
    assert store.record(run.id) == before


def test_the_request_of_an_alert_is_stored_only_while_its_reason_holds(store: Store, run: Run) -> None:
    assert not request_rollback(store, run.id, BOT, "too slow", NOON, lambda record: record.run.id != run.id)
    assert store.record(run.id).rollback is None
    assert request_rollback(store, run.id, BOT, "x" * 501, NOON, lambda record: record.run.id == run.id)
    assert store.record(run.id).rollback == RollbackRequest(
        by=BOT, at=NOON, reason="x" * 471 + "… (shortened, 501 characters)"
    )


def test_a_request_without_a_condition_is_stored_once(store: Store, run: Run) -> None:
    assert request_rollback(store, run.id, BOT, "too slow", NOON, None)
    assert not request_rollback(store, run.id, BOT, "too slow", NOON, None)
    assert len(store.events(run.id)) == 2
