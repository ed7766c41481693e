"""`rollback`: free for everybody, at any moment, from any door; asked for twice it happens once."""

from __future__ import annotations

from datetime import datetime

from commands.runbook.people import Who
from state.errors import NothingRuns
from state.records import News, Provided, Run
from state.sqlite.store import Store


def rollback(store: Store, run: Run, who: Who, reason: str, at: datetime) -> bool:
    """Write that a run goes back; False if it had been asked for already. Raises NothingRuns."""
    if turn_back(store, run.id, who, reason, at, lambda record: record.run.active):
        return True
    run = store.run(run.id)
    if not run.active:
        raise NothingRuns(
            f"Run {run.id} is over ({run.state}); there is nothing to roll back. A new run starts with /deploy start."
        )
    return False


def turn_back(store: Store, run: int, who: Who, reason: str, at: datetime, provided: Provided | None) -> bool:
    """Write that a run goes back, provided that what calls for it still does; False where not, or where it was asked for."""
    fact = who.fact("rollback", "rollback", at, reason=reason)
    news = News(kind="rollback", data={"person": who.person, "reason": fact.reason})
    return store.add_fact(run, fact, news, provided=provided)
