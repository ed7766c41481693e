"""The request for a rollback: free for everybody, at any moment, from any door; asked for twice it happens once."""

from __future__ import annotations

from datetime import datetime

from state.errors import NothingRuns
from state.events import RollbackRequested
from state.facts import Actor, RollbackRequest, shortened
from state.records import Condition, NewEvent, Run
from state.sqlite.store import Store


def rollback(store: Store, run: Run, actor: Actor, reason: str, at: datetime) -> bool:
    """Write that a run goes back; False if it had been asked for already. Raises NothingRuns."""
    if request_rollback(store, run.id, actor, reason, at, lambda record: record.run.active):
        return True
    run = store.run(run.id)
    if not run.active:
        raise NothingRuns(f"Run {run.id} is over ({run.state}); there is nothing to roll back.")
    return False


def request_rollback(
    store: Store, run: int, actor: Actor, reason: str, at: datetime, only_if: Condition | None
) -> bool:
    """Write that a run goes back, if what calls for it still does; False where not, or where it was asked for."""
    fact = RollbackRequest(by=actor, at=at, reason=shortened(reason))
    told = NewEvent(data=RollbackRequested(person=actor.person, reason=fact.reason))
    return store.add_fact(run, fact, told, only_if=only_if)
