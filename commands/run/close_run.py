"""`end`: ends a run by hand, without touching production, when no bot will carry it on; and says what stays there."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from commands.progress.clock import elapsed
from commands.progress.step_state import DECISION, WATCH
from commands.runbook.page import Page
from commands.text.durations import format_duration
from state.errors import NothingRuns, Refused
from state.events import RunMoved
from state.facts import Actor, RunClosed, shortened
from state.records import AttemptState, NewEvent, Record, Run, RunState
from state.sqlite.store import Store

CUT_OFF = "It was running when the run was ended by hand; nobody has looked how it ended."


def left_on_production(page: Page | None, record: Record) -> list[str]:
    """What the run has done to production and what nobody knows of, one sentence each, in order.

    Without a page (one that this version cannot read) every step that began counts.
    """
    steps = {step.id: step for step in page.steps} if page else {}
    kept = []
    for row in {row.step: row for row in record.attempts}.values():
        step = steps.get(row.step)
        if row.step in {WATCH, DECISION} or (step and not step.box.changes):
            continue
        title = step.title if step else row.step
        if row.state == AttemptState.RUNNING:
            kept.append(f"“{title}” was cut off; a command of it may still run on its host")
        elif row.state == AttemptState.UNKNOWN:
            kept.append(f"“{title}” was begun, and how it ended is not known")
        else:
            kept.append(f"“{title}” {'is done' if row.state == AttemptState.DONE else f'has {row.state}'}")
    return kept


def end_run(store: Store, run: Run, page: Page | None, actor: Actor, reason: str, at: datetime) -> None:
    """Write that a run is over. The caller holds the record's lock. Raises NothingRuns, and Refused without a reason."""
    if not run.active:
        raise NothingRuns(f"Run {run.id} is over already ({run.state}).")
    if not reason.strip():
        raise Refused("Ending a run by hand needs a reason; it stands in the record.")
    record = store.record(run.id)
    left = left_on_production(page, record)
    for row in record.attempts:
        if row.state == AttemptState.RUNNING:
            store.end_attempt(run.id, replace(row, state=AttemptState.UNKNOWN, summary=CUT_OFF), at)
    fact = RunClosed(by=actor, at=at, reason=shortened(reason))
    store.add_fact(run.id, fact)
    told = RunMoved(
        state=RunState.ENDED,
        clock=format_duration(elapsed(record, at)),
        reason=fact.reason,
        person=actor.person,
        left=tuple(left),
    )
    store.move_run(run.id, RunState.ENDED, at, NewEvent(data=told))
