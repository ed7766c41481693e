"""What a step's newest attempt means for the run: pure questions about one step, asked by `decide`, the card and the buttons."""

from __future__ import annotations

from datetime import datetime
from enum import Enum

from commands.runbook.page import Page, PageStep, Part
from state.facts import Agreement, Choice, Signature, StepAnswer
from state.records import Attempt, AttemptState, Record

# phases of a run that are no steps of the page: attempts are written for them so that their beginning survives a restart
WATCH, DECISION = "the watch", "the decision"


class StepState(Enum):
    """What a step means for the run now."""

    NOT_BEGUN = "it has not begun"
    RUNNING = "its act is running"
    SETTLED = "it is settled; the next one may begin"
    RETRY = "a person asked for another attempt"
    ROLL_BACK = "it failed, and the page says that this rolls back"
    NO_GO = "a sign-off was refused before production was touched"
    NEEDS_PEOPLE = "people must sign or answer"


def state_of(page: Page, record: Record, step: PageStep) -> StepState:
    """Say what a step means for the run now."""
    row = record.last(step.id)
    if row is None:
        return StepState.NOT_BEGUN
    if row.state == AttemptState.RUNNING:
        return StepState.RUNNING
    if row.state == AttemptState.DONE or choice_of(record, row) is Choice.DONE:
        return _signed(page, record, step, row)
    return _failed(record, step, row)


def answer_to(record: Record, row: Attempt) -> StepAnswer | None:
    """What somebody answered about an attempt, or None."""
    return record.newest(StepAnswer, step=row.step, attempt=row.attempt)


def choice_of(record: Record, row: Attempt) -> Choice | None:
    """What somebody chose about an attempt, or None."""
    answer = answer_to(record, row)
    return answer.choice if answer else None


def signatures(record: Record, row: Attempt) -> list[Signature]:
    """All that was signed or refused about an attempt, in order."""
    return [f for f in record.facts if isinstance(f, Signature) and (f.step, f.attempt) == (row.step, row.attempt)]


def _failed(record: Record, step: PageStep, row: Attempt) -> StepState:
    choice = choice_of(record, row)
    if choice is Choice.RETRY:
        return StepState.RETRY
    if choice is Choice.SKIP:
        agreed = not step.box.skip_needs_two_people or record.newest(Agreement, step=row.step, attempt=row.attempt)
        return StepState.SETTLED if agreed else StepState.NEEDS_PEOPLE
    if row.state == AttemptState.FAILED and step.box.on_failure == "tell":
        return StepState.SETTLED
    if row.state == AttemptState.FAILED and step.box.on_failure == "roll back":
        return StepState.ROLL_BACK
    return StepState.NEEDS_PEOPLE


def _signed(page: Page, record: Record, step: PageStep, row: Attempt) -> StepState:
    if is_refused(record, row):
        choice = choice_of(record, row)
        if choice is Choice.RETRY:
            return StepState.RETRY
        if choice is Choice.SKIP:
            return StepState.SETTLED
        if not production_changed(page, record):
            return StepState.NO_GO
        return StepState.ROLL_BACK if step.box.on_failure == "roll back" else StepState.NEEDS_PEOPLE
    return StepState.NEEDS_PEOPLE if missing_signatures(record, step, row) else StepState.SETTLED


def is_refused(record: Record, row: Attempt) -> bool:
    """Whether somebody refused to sign this attempt."""
    return any(signature.refused for signature in signatures(record, row))


def missing_signatures(record: Record, step: PageStep, row: Attempt) -> tuple[str, ...]:
    """The roles that have not signed this attempt yet, in alphabetical order."""
    return tuple(sorted(step.box.roles() - {signature.role for signature in signatures(record, row)}))


def production_changed(page: Page, record: Record) -> bool:
    """Whether any step that may change production has begun, so that there is something to roll back."""
    return production_changed_at(page, record) is not None


def production_changed_at(page: Page, record: Record) -> datetime | None:
    """When the first step began that may change production."""
    changing = {step.id for step in page.steps if step.part in {Part.DEPLOY, Part.SMOKE_TESTS, Part.WATCH}}
    return min((row.began_at for row in record.attempts if row.step in changing), default=None)
