"""Where a run is: its stage, and what it is doing there."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from commands.progress.evidence import CHECK, check_step
from commands.progress.own_steps import own_steps
from commands.progress.step_state import AFTER_ROLLBACK, WATCH, StepState, state_of
from commands.report.host_states import title_of_line
from commands.runbook.page import STAGES, Page, PageStep, Part
from commands.signoff.waiting import decision_pending
from commands.text.phrases import short_title
from state.records import Attempt, AttemptState, Record, RunState

AFTER_STAGE = "Watch after the rollback"


def where(page: Page, record: Record) -> tuple[str, str]:
    """The stage of a run, and what it is doing there."""
    if not record.run.active:
        return record.run.state.capitalize(), ""
    running = [attempt for attempt in record.attempts if attempt.state == AttemptState.RUNNING]
    steps = {step.id: step for step in (*page.steps, *own_steps(page, record))}
    if record.run.state == RunState.ROLLING_BACK:
        return _in_rollback(record, steps, running)
    if record.keep:
        return "Decision", "KEEP was decided; the running checks finish first"
    if decision_pending(record):
        checks = "; the checks continue until then, and alerts count" if page.part(Part.WATCH) else ""
        return "Decision", f"KEEP or ROLLBACK{checks}"
    watch = record.last(WATCH)
    if watch and watch.state == AttemptState.RUNNING:
        return STAGES[Part.WATCH], _checking(steps, running)
    unsettled = (step for step in page.forward if state_of(page, record, step) is not StepState.SETTLED)
    checking = any(one.step == CHECK for one in running)
    current = check_step(page) if checking else next(unsettled, page.forward[-1])
    return STAGES[current.part], title_of_line(current)


def waits_until(page: Page, record: Record) -> datetime | None:
    """When the step that is under way has waited long enough; None where none only lets time pass."""
    if record.run.state != RunState.GOING:
        return None
    running = {attempt.step for attempt in record.attempts if attempt.state == AttemptState.RUNNING}
    for step in page.forward:
        if step.id in running and (lasts := step.box.waiting_time(record.run.notice_minutes)):
            return min(one.began_at for one in record.attempts if one.step == step.id) + lasts
    return None


def _in_rollback(record: Record, steps: Mapping[str, PageStep], running: list[Attempt]) -> tuple[str, str]:
    if record.last(AFTER_ROLLBACK):
        return AFTER_STAGE, _checking(steps, running)
    undoing = [steps[one.step] for one in running if one.step in steps]
    titles = dict.fromkeys(title_of_line(step) for step in undoing if step.part == Part.ROLLBACK)
    return STAGES[Part.ROLLBACK], " and ".join(titles)


def _checking(steps: Mapping[str, PageStep], running: list[Attempt]) -> str:
    """The running checks: the first by name, the others by number."""
    titles = [steps[one.step].title for one in running if one.step in steps]
    # the titles of checks with one interval all start with the same "Every 15 minutes:"
    names = [short_title(title) for title in titles]
    return names[0] + (f" and {len(names) - 1} more" if len(names) > 1 else "") if names else ""
