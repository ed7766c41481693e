"""Ends a run without a rollback: one that somebody closes by hand, or whose places are gone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from commands.progress.clock import elapsed
from commands.progress.own_steps import OWN
from commands.progress.step_state import PHASES
from commands.runbook.page import Page
from commands.signoff.permission_check import require_door
from commands.signoff.permissions import Act
from commands.text.actors import door_in_words
from commands.text.durations import format_duration
from commands.text.typed import typed
from state.errors import NothingRuns, Refused
from state.events import RunMoved
from state.facts import BOT, Actor, RunClosed
from state.records import AttemptState, NewEvent, Record, Run, RunState
from state.store import RecordStore

UNKNOWN_END = "It was running when the run was closed by hand; nobody has checked how it ended."
_LEFT = {
    AttemptState.RUNNING: "was interrupted; its command may still be running on the host",
    AttemptState.UNKNOWN: "began, and it is unknown how it ended",
    AttemptState.DONE: "is done",
    AttemptState.FAILED: "failed",
    AttemptState.STOPPED: "was stopped",
}


def left_on_production(page: Page | None, record: Record) -> list[str]:
    """What the run changed on production, or may have changed: one sentence for each step, in order.

    `page` is None if this version cannot read it; then every step that began counts.
    """
    steps = {step.id: step for step in page.steps} if page else {}
    left = []
    for last in {attempt.step: attempt for attempt in record.attempts}.values():
        step = steps.get(last.step)
        if last.step in PHASES | OWN or (step and not step.box.changes_production):
            continue
        left.append(f"“{step.title if step else last.step}” {_LEFT[last.state]}")
    return left


def close_run(store: RecordStore, run: Run, page: Page | None, actor: Actor, reason: str, at: datetime) -> None:
    """Write that a run is closed. The caller holds the record's lock.

    Raises NotAllowed (not at the terminal), NothingRuns, Refused (no reason).
    """
    require_door(Act.END, actor)
    if not run.active:
        raise NothingRuns(f"Run {run.id} is already over ({run.state}).")
    if not reason.strip():
        raise Refused("Closing a run by hand needs a reason. It is kept in the record.")
    record = store.record(run.id)
    left = left_on_production(page, record)
    _end_attempts(store, record, UNKNOWN_END, at)
    closed = RunClosed(by=actor, at=at, reason=typed(reason))
    store.add_fact(run.id, closed)
    _move(store, record, closed.reason, actor, at, left)


def end_lost_run(store: RecordStore, run: Run, why: str, at: datetime) -> None:
    """Write that a run is over because its places are gone for good, and everything with them, as in a drill."""
    record = store.record(run.id)
    _end_attempts(store, record, f"It was running when the run ended: {why}.", at)
    _move(store, record, why, BOT, at)


def _end_attempts(store: RecordStore, record: Record, summary: str, at: datetime) -> None:
    for attempt in record.attempts:
        if attempt.state == AttemptState.RUNNING:
            store.end_attempt(record.run.id, replace(attempt, state=AttemptState.UNKNOWN, summary=summary), at)


def _move(
    store: RecordStore, record: Record, reason: str, actor: Actor, at: datetime, left: Sequence[str] = ()
) -> None:
    moved = RunMoved(
        state=RunState.ENDED,
        clock=format_duration(elapsed(record, at)),
        reason=reason,
        person=actor.person,
        door=door_in_words(actor),
        left=tuple(left),
    )
    store.move_run(record.run.id, RunState.ENDED, at, NewEvent(data=moved))
