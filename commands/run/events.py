"""The events of the run itself: an attempt begins or ends, and the run moves to another state."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from commands.progress.after_rollback import checks_after_rollback, page_after_rollback, record_after_rollback
from commands.progress.clock import elapsed
from commands.progress.final_comparison import COMPARISON
from commands.progress.step_state import AFTER_ROLLBACK, WATCH
from commands.report.comparison import comparison
from commands.rollback.loss import lost
from commands.rollback.restored import TAKEN_BACK, not_restored, not_undone
from commands.runbook.page import Page, PageStep, Part
from commands.signoff.events import decision_asked, people_asked
from commands.steps.outcome import Outcome
from commands.text.durations import format_duration
from commands.watch.alert_count import raised_by_sample
from commands.watch.events import check_events
from state.events import CheckPassed, CriteriaShown, RunMoved, StepBegan, StepEnded, WatchBegan
from state.records import Attempt, AttemptState, NewEvent, Record, RunState


def step_began(page: Page, step: PageStep, attempt: int) -> list[NewEvent]:
    """The events of an attempt that begins. Checks of the watch and gates, which only wait for people, have none.

    The GO / NO-GO panel appears with the first step that can show GO or NO-GO.
    """
    shows_criteria = page.criteria is not None and step.part in {Part.SMOKE_TESTS, Part.WATCH}
    events = [NewEvent(data=CriteriaShown(), once="panel")] if shows_criteria else []
    if step.part == Part.WATCH or step.box.asks_people:
        return events
    began = StepBegan(title=step.title, part=step.part, attempt=attempt, plan=tuple(step.box.plan()))
    return [*events, NewEvent(step=step.id, data=began)]


def step_ended(
    page: Page, record: Record, step: PageStep, attempt: Attempt, outcome: Outcome, seconds: float
) -> list[NewEvent]:
    """The events of an attempt that ended: its result, who is asked because of it, and the alerts that it raises."""
    after = _with(record, attempt)
    passed = step.part == Part.WATCH and attempt.state == AttemptState.DONE
    ended = (CheckPassed if passed else StepEnded)(
        title=step.title,
        part=step.part,
        attempt=attempt.attempt,
        state=attempt.state,
        summary=attempt.summary,
        lines=outcome.lines,
        output=outcome.output,
        seconds=seconds,
        roles=step.box.notified_roles(),
    )
    result = [] if step.box.asks_people else [NewEvent(step=step.id, data=ended)]
    asked = people_asked(page, after, step) if step.id != COMPARISON else []
    return result + asked + _alerts(page, after, step)


def counted_alerts(page: Page, record: Record, step: PageStep, attempt: Attempt) -> Attempt:
    """The attempt that ended, with the alerts for which people are called because of it, if it is of the watch."""
    if step.part != Part.WATCH or step.box.asks_people or attempt.state == AttemptState.STOPPED:
        return attempt
    raised = raised_by_sample(page, _with(record, attempt), step)
    return replace(attempt, outcome={**attempt.outcome, "alerts": list(raised)})


def _alerts(page: Page, after: Record, step: PageStep) -> list[NewEvent]:
    """The alerts of a step of the page, or of a check of the watch after a rollback."""
    if after.last(AFTER_ROLLBACK):
        return check_events(page_after_rollback(page, after), record_after_rollback(page, after), step)
    return check_events(page, after, step) if step in page.steps else []


def run_moved(page: Page, record: Record, state: RunState, now: datetime) -> NewEvent:
    """The event of a run that moves to another state: how long it took, why it rolls back, and what is not restored."""
    request = record.rollback
    looked = comparison(page, record, state)
    moved = RunMoved(
        state=state,
        clock=format_duration(elapsed(record, now)),
        since_rollback=format_duration(now - request.at) if request else "",
        reason=request.reason if request else "",
        not_restored=not_restored(page, record) if state == RunState.ROLLED_BACK else (),
        lost=lost(page, record) if state == RunState.ROLLED_BACK else "",
        not_undone=not_undone(page, record) if state in TAKEN_BACK else (),
        compared=looked.compared,
        not_compared=looked.not_compared,
        watch=_watch_to_come(page, record) if state == RunState.ROLLED_BACK else "",
    )
    return NewEvent(data=moved)


def phase_began(page: Page, record: Record, phase: str, now: datetime) -> NewEvent:
    """The event of a phase without a step of its own that begins."""
    if phase == AFTER_ROLLBACK:
        return run_moved(page, record, RunState.ROLLED_BACK, now)
    if phase == WATCH:
        lasts = format_duration(page.watch.lasts) if page.watch else ""
        return NewEvent(data=WatchBegan(lasts=lasts, speed=record.run.speed))
    return decision_asked(page)


def _watch_to_come(page: Page, record: Record) -> str:
    """How long production is watched from now on, in words; empty if it is not."""
    lasts = page.runbook.after_rollback
    return format_duration(lasts) if lasts and checks_after_rollback(page, record) else ""


def _with(record: Record, attempt: Attempt) -> Record:
    """The record as it is once the attempt has ended."""
    key = (attempt.step, attempt.attempt)
    attempts = tuple(attempt if (old.step, old.attempt) == key else old for old in record.attempts)
    return replace(record, attempts=attempts)
