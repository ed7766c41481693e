"""The events by which people are asked: to sign, to answer, to agree, to decide."""

from __future__ import annotations

from commands.progress.step_state import DECISION, StepState, is_refused, state_of
from commands.runbook.page import Page, PageStep, Part
from commands.signoff.waiting import Waiting, waiting_for, waiting_for_step
from state.events import Ask, PeopleAsked
from state.records import Attempt, NewEvent, Record


def decision_asked(page: Page) -> NewEvent:
    """Somebody must decide KEEP or ROLLBACK."""
    asked = PeopleAsked(
        ask=Ask.DECIDE,
        step=DECISION,
        title="KEEP or ROLLBACK",
        roles=(page.decision.role,),
        asked_items=tuple(page.decision.items),
    )
    return NewEvent(step=DECISION, data=asked)


def early_keep_asked(page: Page, record: Record) -> list[NewEvent]:
    """A second person is asked to agree to KEEP before the watch is over."""
    return [_asked(one) for one in waiting_for(page, record) if (one.ask, one.step) == (Ask.AGREE, DECISION)]


def people_asked(page: Page, record: Record, step: PageStep) -> list[NewEvent]:
    """The sign-offs or the answer that a step waits for; an attempt that is being stopped for a rollback asks nothing."""
    row = record.last(step.id)
    is_check = step.part == Part.WATCH and not step.box.asks_people
    if is_check or row is None or (record.rollback and step.part != Part.ROLLBACK):
        return []
    waiting = waiting_for_step(page, record, step)
    return [_asked(waiting, step, row)] if waiting else []


def asked_after_refusal(page: Page, record: Record, step: PageStep) -> list[NewEvent]:
    """A refusal leaves a question behind when the run does not end by it; one in the watch stops nothing."""
    row = record.last(step.id)
    if row is None or step.part == Part.WATCH or not is_refused(record, row):
        return []
    waits = state_of(page, record, step) is StepState.NEEDS_PEOPLE
    return people_asked(page, record, step) if waits else []


def _asked(waiting: Waiting, step: PageStep | None = None, row: Attempt | None = None) -> NewEvent:
    asked = PeopleAsked(
        ask=waiting.ask,
        step=waiting.step,
        attempt=waiting.attempt,
        title=waiting.title,
        roles=waiting.roles,
        state=row.state if row else "",
        summary=row.summary if row else "",
        items=tuple((item.role, item.text) for item in step.box.checklist()) if step else (),
    )
    once = f"wanted:{waiting.ask}:{waiting.step}:{waiting.attempt}"
    return NewEvent(step=waiting.step, data=asked, once=once)
