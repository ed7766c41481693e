"""What a step's newest attempt means for the run: pure questions about one step, asked by `decide`, the card and the buttons."""

from __future__ import annotations

from datetime import datetime
from enum import Enum

from commands.runbook.page import Page, PageStep
from state.records import DONE, FAILED, RUNNING, Record, Step

AGAIN, SKIP, ITS_DONE = "again", "skip", "done"
YES, NO = "yes", "no"

# the attempt at the decision that stands for a KEEP before the watch is over
EARLY = 0

# pseudo-steps: the run writes rows for them so that their beginning survives a restart
WATCH, DECISION = "the watch", "the decision"


class Verdict(Enum):
    """What a step means for the run now."""

    TO_BEGIN = "it has not begun"
    UNDER_WAY = "its act is running"
    GO_ON = "it is settled; the next one may begin"
    AGAIN = "a person asked for another attempt"
    ROLL_BACK = "it failed, and the page says that this rolls back"
    NO_GO = "a sign-off was refused before production was touched"
    PEOPLE = "people must sign or answer"


def settle(page: Page, record: Record, step: PageStep) -> Verdict:
    """Say what a step means for the run now."""
    row = record.last(step.id)
    if row is None:
        return Verdict.TO_BEGIN
    if row.state == RUNNING:
        return Verdict.UNDER_WAY
    if row.state == DONE or _answer(record, row) == ITS_DONE:
        return _signed(page, record, step, row)
    return _failed(record, step, row)


def _answer(record: Record, row: Step) -> str:
    fact = record.fact("answer", row.step, row.attempt)
    return fact.said if fact else ""


def _failed(record: Record, step: PageStep, row: Step) -> Verdict:
    answer = _answer(record, row)
    if answer == AGAIN:
        return Verdict.AGAIN
    if answer == SKIP:
        second = not step.box.two_to_skip or record.fact("second", row.step, row.attempt)
        return Verdict.GO_ON if second else Verdict.PEOPLE
    if row.state == FAILED and step.box.on_failure == "tell":
        return Verdict.GO_ON
    if row.state == FAILED and step.box.on_failure == "roll back":
        return Verdict.ROLL_BACK
    return Verdict.PEOPLE


def _signed(page: Page, record: Record, step: PageStep, row: Step) -> Verdict:
    if refusal(record, row):
        if _answer(record, row) == AGAIN:
            return Verdict.AGAIN
        if _answer(record, row) == SKIP:
            return Verdict.GO_ON
        if not touched(page, record):
            return Verdict.NO_GO
        return Verdict.ROLL_BACK if step.box.on_failure == "roll back" else Verdict.PEOPLE
    return Verdict.PEOPLE if unsigned(record, step, row) else Verdict.GO_ON


def refusal(record: Record, row: Step) -> bool:
    """Whether somebody refused to sign this attempt."""
    return any(
        f.kind == "sign" and f.said == NO and (f.step, f.attempt) == (row.step, row.attempt) for f in record.facts
    )


def unsigned(record: Record, step: PageStep, row: Step) -> tuple[str, ...]:
    """The roles that have not signed this attempt yet, in alphabetical order."""
    signed = {f.role for f in record.facts if f.kind == "sign" and (f.step, f.attempt) == (row.step, row.attempt)}
    return tuple(sorted(step.box.roles() - signed))


def touched(page: Page, record: Record) -> bool:
    """Whether any step that may change production has begun, so that there is something to roll back."""
    return touched_at(page, record) is not None


def touched_at(page: Page, record: Record) -> datetime | None:
    """When the first step began that may change production."""
    changing = {step.id for step in page.steps if step.part in {"deploy", "smoke tests", "watch"}}
    return min((row.began_at for row in record.steps if row.step in changing), default=None)
