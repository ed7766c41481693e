"""The rollback request: anybody may make it, at any time; two requests are one rollback."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import suppress
from datetime import datetime

from commands.progress.step_state import AFTER_ROLLBACK
from commands.signoff.permission_check import require_door
from commands.signoff.permissions import Act
from commands.text.actors import door_in_words
from commands.text.typed import typed
from state.errors import NothingRuns, UnreadableRun
from state.events import RollbackRequested
from state.facts import Actor, RollbackRequest
from state.records import ACTIVE, Condition, NewEvent, Run, RunState
from state.store import RecordStore


def rollback(store: RecordStore, run: Run, actor: Actor, reason: str, at: datetime) -> bool:
    """Request the rollback of a run. False if it was requested before. Raises NothingRuns if the run is over."""
    if request_rollback(store, run.id, actor, reason, at, only_in=ACTIVE):
        return True
    run = store.run_to_stop(run.id)
    if not run.active:
        raise NothingRuns(f"Run {run.id} is over ({run.how_over}); there is nothing to roll back.")
    return False


def second_request(store: RecordStore, run: Run) -> str:
    """What a second request finds, as the end of a sentence about the run or its target."""
    with suppress(UnreadableRun):
        if store.record(run.id).last(AFTER_ROLLBACK):
            return "has been rolled back already, and is only watched. A second request changes nothing."
    return "is already rolling back. A second request changes nothing."


def request_rollback(
    store: RecordStore,
    run: int,
    actor: Actor,
    reason: str,
    at: datetime,
    only_if: Condition | None = None,
    only_in: Collection[RunState] = (),
) -> bool:
    """Write a rollback request. False if there is one already, or if a condition fails at the moment of writing.

    `only_if` and `only_in` are those of `RecordStore.add_fact`: without `only_if` no other row of the run is read.
    """
    require_door(Act.ROLLBACK, actor)
    fact = RollbackRequest(by=actor, at=at, reason=typed(reason))
    requested = NewEvent(data=RollbackRequested(person=actor.person, door=door_in_words(actor), reason=fact.reason))
    return store.add_fact(run, fact, requested, only_if=only_if, only_in=only_in)
