"""Asks again for signatures that no longer hold, without running anything again."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from commands.progress.evidence import result_of
from commands.progress.step_state import signatures
from commands.runbook.page import Page
from commands.signoff.events import people_asked
from state.events import SignaturesFell
from state.records import Attempt, AttemptState, NewEvent, Record


def asked_again(
    page: Page, record: Record, reasons: tuple[tuple[str, tuple[str, ...]], ...], at: datetime
) -> tuple[list[Attempt], list[NewEvent]]:
    """The new attempts of steps (by id, with the reasons), and their events. Nothing of the steps runs again."""
    repeats: list[Attempt] = []
    events: list[NewEvent] = []
    for step_id, why in reasons:
        step, last = page.step(step_id), record.last(step_id)
        if last is None:
            continue  # it has no signatures
        # for a step that people fixed by hand, that is its evidence
        outcome = {**last.outcome, "evidence": dict(result_of(record, step)), "fell": list(why)}
        number = last.attempt + 1
        repeat = replace(
            last, attempt=number, state=AttemptState.DONE, began_at=at, ended_at=at, outcome=outcome, progress=""
        )
        people = tuple(dict.fromkeys(one.person for one in signatures(record, last)))
        fell = SignaturesFell(title=step.title, attempt=number, people=people, summary=" ".join(why))
        after = replace(record, attempts=(*record.attempts, repeat))
        repeats.append(repeat)
        events += [NewEvent(step=step_id, data=fell), *people_asked(page, after, step)]
    return repeats, events
