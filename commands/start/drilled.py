"""The roles of a page whose people have taken part in no drill of it for a while."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from commands.progress.drill import takes_part
from commands.runbook.drill import OF_A_DRILL
from commands.runbook.page import Page
from commands.runbook.people import People
from state.records import RunState
from state.store import RecordStore

FRESH = timedelta(days=90)
RUNS = 200  # of the newest drills of the target are looked at
PLAYED = (RunState.KEPT, RunState.ROLLED_BACK)


def undrilled_roles(store: RecordStore, page: Page, people: People, at: datetime) -> tuple[str, ...]:
    """The titles of the roles in which nobody has played a drill of the page to its end lately.

    None for a page that has no drill.
    """
    if not page.runbook.drill:
        return ()
    drilled: set[str] = set()
    target = page.runbook.target + OF_A_DRILL
    recent = [
        run.id for run in store.runs_of(target, RUNS) if run.drill and run.page == page.name and run.state in PLAYED
    ]
    for record in store.records(recent):
        if record.run.ended_at and at - record.run.ended_at <= FRESH:
            drilled |= takes_part(record)
    return tuple(role.title for name, role in page.roles.items() if not drilled & people.get(name, frozenset()))


def drill_warnings(undrilled: Sequence[str]) -> tuple[str, ...]:
    """What is said of them at a start: one sentence, or none."""
    if not undrilled:
        return ()
    return (f"Nobody has drilled this page in the last {FRESH.days} days as {', '.join(undrilled)}.",)
