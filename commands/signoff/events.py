"""The events that ask people to sign, to answer, to agree, or to decide."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from commands.progress.step_state import DECISION, is_refused
from commands.runbook.page import Page, PageStep, Part
from commands.signoff.waiting import Waiting, waiting_at_start, waiting_for, waiting_for_step
from state.events import Ask, PeopleAsked
from state.facts import Choice, StartObjection
from state.records import Attempt, NewEvent, Record


def decision_asked(page: Page) -> NewEvent:
    """The event that asks for KEEP or ROLLBACK."""
    asked = PeopleAsked(
        ask=Ask.DECIDE,
        step=DECISION,
        title="KEEP or ROLLBACK",
        roles=(page.decision.role,),
        asked_items=tuple(page.decision.items),
    )
    return NewEvent(step=DECISION, data=asked)


def early_keep_asked(page: Page, record: Record) -> list[NewEvent]:
    """The event that asks a second person to agree to an early KEEP."""
    return [
        _asked(record, waiting)
        for waiting in waiting_for(page, record)
        if (waiting.ask, waiting.step) == (Ask.AGREE, DECISION)
    ]


def start_asked(page: Page, objections: Iterable[StartObjection]) -> NewEvent:
    """The event that asks a second person to agree to a start."""
    waiting = waiting_at_start(page, objections)
    asked = PeopleAsked(ask=waiting.ask, step=waiting.step, title=waiting.title, roles=waiting.roles)
    return NewEvent(step=waiting.step, data=asked)


def people_asked(page: Page, record: Record, step: PageStep) -> list[NewEvent]:
    """The event that asks for what a step is waiting for: signatures, an answer, or a second person.

    Checks of the watch ask nothing. Once a rollback is requested, only its own steps ask.
    """
    attempt = record.last(step.id)
    is_check = step.part == Part.WATCH and not step.box.asks_people
    if is_check or attempt is None or (record.rollback and step.part != Part.ROLLBACK):
        return []
    waiting = waiting_for_step(page, record, step)
    return [_asked(record, waiting, step, attempt)] if waiting else []


def asked_of_role(page: Page, record: Record, role: str, number: int) -> list[NewEvent]:
    """The events that ask for everything open once more, because somebody else holds the role now.

    `number` is that of the handover. A countdown is not asked again: its alert stands in the thread, and on the card.
    """
    steps = {step.id: step for step in page.steps}
    asked = []
    for waiting in waiting_for(page, record):
        if role not in waiting.roles or waiting.ask is Ask.COUNTDOWN:
            continue
        step, attempt = steps.get(waiting.step), record.last(waiting.step)
        event = decision_asked(page) if waiting.ask is Ask.DECIDE else _asked(record, waiting, step, attempt)
        asked.append(replace(event, once=f"handover:{number}:{waiting.ask}:{waiting.step}:{waiting.attempt}"))
    return asked


def asked_after_refusal(page: Page, record: Record, step: PageStep) -> list[NewEvent]:
    """The event that asks what to do about a refused step, unless the refusal ends the run.

    A refusal in the watch stops nothing, so nothing is asked.
    """
    attempt = record.last(step.id)
    if attempt is None or step.part == Part.WATCH or not is_refused(record, attempt):
        return []
    return people_asked(page, record, step)


def _asked(record: Record, waiting: Waiting, step: PageStep | None = None, attempt: Attempt | None = None) -> NewEvent:
    asked = PeopleAsked(
        ask=waiting.ask,
        step=waiting.step,
        attempt=waiting.attempt,
        title=waiting.title,
        roles=waiting.roles,
        state=attempt.state if attempt else "",
        summary=attempt.summary if attempt else "",
        items=tuple((item.role, item.text) for item in step.box.checklist()) if step else (),
    )
    # a fix by hand that is refused is asked about once more
    again = ":refused" if Choice.OVERRIDE in waiting.choices else ""
    once = f"wanted:{waiting.ask}:{waiting.step}:{waiting.attempt}{again}"
    if lapses := record.lapses(waiting.step, waiting.attempt):
        once = f"{once}:{lapses}"  # and so is what waited for a second person and no longer counts
    return NewEvent(step=waiting.step, data=asked, once=once)
