"""The events of the run itself: a step begins or ends, and the run moves to another state."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from commands.progress.clock import elapsed
from commands.rollback.restored import not_restored
from commands.runbook.page import Page, PageStep, Part
from commands.signoff.events import people_asked
from commands.steps.outcome import Outcome
from commands.text.durations import format_duration
from commands.watch.events import check_events
from state.events import CheckPassed, CriteriaShown, RunMoved, StepBegan, StepEnded
from state.records import Attempt, AttemptState, NewEvent, Record, RunState


def step_began(page: Page, step: PageStep, attempt: int) -> list[NewEvent]:
    """A step begins; the checks of the watch and the gates, which only wait for people, begin without a word.

    With the first of what shows whether it is GO or NO-GO, the panel of both begins.
    """
    shows = page.criteria is not None and step.part in {Part.SMOKE_TESTS, Part.WATCH}
    events = [NewEvent(data=CriteriaShown(), once="panel")] if shows else []
    if step.part == Part.WATCH or step.box.asks_people:
        return events
    told = StepBegan(title=step.title, part=step.part, attempt=attempt, plan=tuple(step.box.plan()))
    return [*events, NewEvent(step=step.id, data=told)]


def step_ended(
    page: Page, record: Record, step: PageStep, row: Attempt, outcome: Outcome, seconds: float
) -> list[NewEvent]:
    """An attempt ended: its result, then who is waited for because of it, then the alerts that it raises."""
    after = _with(record, row)
    passed = step.part == Part.WATCH and row.state == AttemptState.DONE
    told = (CheckPassed if passed else StepEnded)(
        title=step.title,
        part=step.part,
        attempt=row.attempt,
        state=row.state,
        summary=row.summary,
        lines=outcome.lines,
        output=outcome.output,
        seconds=seconds,
        roles=step.box.notified_roles(),
    )
    result = [] if step.box.asks_people else [NewEvent(step=step.id, data=told)]
    return result + people_asked(page, after, step) + check_events(page, after, step)


def run_moved(page: Page, record: Record, state: RunState, now: datetime) -> NewEvent:
    """The run moves to another state: how long it took, and why it goes back."""
    asked = record.rollback
    told = RunMoved(
        state=state,
        clock=format_duration(elapsed(record, now)),
        since_rollback=format_duration(now - asked.at) if asked else "",
        reason=asked.reason if asked else "",
        not_restored=not_restored(page, record) if state == RunState.ROLLED_BACK else (),
    )
    return NewEvent(data=told)


def _with(record: Record, row: Attempt) -> Record:
    rows = tuple(row if (old.step, old.attempt) == (row.step, row.attempt) else old for old in record.attempts)
    return replace(record, attempts=rows)
