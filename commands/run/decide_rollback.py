"""Decides what a rollback does next: its places first, then its steps in their lanes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from commands.progress.after_rollback import checks_after_rollback
from commands.progress.final_comparison import COMPARISON, backups_of
from commands.progress.fit import fit_step, parts_left
from commands.progress.reach import reach_step
from commands.progress.rollback_steps import rollback_steps
from commands.progress.step_state import AFTER_ROLLBACK, StepState, state_of
from commands.run.instructions import (
    BeginStep,
    CompareWithBackup,
    Instruction,
    MarkPhase,
    MoveRun,
    StopSteps,
    Wait,
    begin,
)
from commands.runbook.page import Page, PageStep, Part
from state.records import AttemptState, Record, RunState


def running_among(record: Record, steps: tuple[PageStep, ...]) -> tuple[str, ...]:
    """The ids of those of the steps that have a running attempt."""
    ids = {step.id for step in steps}
    return tuple(
        attempt.step for attempt in record.attempts if attempt.state == AttemptState.RUNNING and attempt.step in ids
    )


def next_in_rollback(page: Page, record: Record, now: datetime) -> Instruction:
    """The steps of the rollback run in lanes; each begins as soon as the steps that it waits for are settled."""
    if began := record.last(AFTER_ROLLBACK):
        return _watch_after(page, record, began.began_at, now)
    if running := running_among(record, page.forward + page.part(Part.WATCH)):
        return StopSteps(running)
    steps = rollback_steps(page, record)
    if first := _before_rollback(page, record, steps):
        return first
    states = {step.id: state_of(page, record, step) for step in steps}
    for number, step in enumerate(steps):
        if states[step.id] in {StepState.NOT_BEGUN, StepState.RETRY} and _may_begin(step, steps[:number], states):
            following = _next_of(page, record, step)
            if isinstance(following, BeginStep):
                return following
    if set(states.values()) - {StepState.SETTLED}:
        return Wait()
    return _when_restored(page, record)


def _when_restored(page: Page, record: Record) -> Instruction:
    """All steps of the rollback are settled: the comparison with the backup, and the watch."""
    compared = record.last(COMPARISON)
    if compared is None and backups_of(page, record):
        return CompareWithBackup()
    if compared and compared.state == AttemptState.RUNNING:
        return Wait()
    return MarkPhase(AFTER_ROLLBACK) if checks_after_rollback(page, record) else MoveRun(RunState.ROLLED_BACK)


def _watch_after(page: Page, record: Record, began: datetime, now: datetime) -> Instruction:
    """The watch after the rollback: each check in its interval, until the page's time is over."""
    lasts, speed = page.runbook.after_rollback or timedelta(0), record.run.speed
    passed, checks = (now - began) * speed, checks_after_rollback(page, record)
    due = [lasts]
    for step in checks:
        every, last = step.box.every or lasts, record.last(step.id)
        slot = int(passed / every) if passed < lasts else 0  # in the end each was made once, also if the bot was down
        if last is None or (last.began_at < began + every * slot / speed and last.state != AttemptState.RUNNING):
            return begin(record, step)
        due.append(every * (slot + 1))
    if passed < lasts:
        return Wait(began + min(due) / speed)
    return Wait() if running_among(record, checks) else MoveRun(RunState.ROLLED_BACK)


def _next_of(page: Page, record: Record, step: PageStep) -> Instruction:
    """Begin a step; but no requests are let in on parts that do not fit, unless two people say so."""
    if not step.box.lets_requests_in() or not parts_left(page, record):
        return begin(record, step)
    fit = fit_step(page, record)
    state = state_of(page, record, fit)
    if state in {StepState.NOT_BEGUN, StepState.RETRY}:
        return begin(record, fit)
    return begin(record, step) if state is StepState.SETTLED else Wait()


def _before_rollback(page: Page, record: Record, steps: tuple[PageStep, ...]) -> Instruction | None:
    """What must happen before the first step of the rollback: all that its steps need is reached."""
    step = reach_step(page, record)
    if not step.box.places() or any(record.last(other.id) for other in steps):
        return None
    state = state_of(page, record, step)
    if state in {StepState.NOT_BEGUN, StepState.RETRY}:
        return begin(record, step)
    return None if state is StepState.SETTLED else Wait()


def _may_begin(step: PageStep, above: tuple[PageStep, ...], states: Mapping[str, StepState]) -> bool:
    """Whether every step that a rollback step waits for is settled: those it names in `after`, or else all above it."""
    named = step.box.after
    return all(states[other.id] is StepState.SETTLED for other in above if named is None or other.id in named)
