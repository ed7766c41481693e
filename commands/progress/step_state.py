"""What a step's newest attempt means for the run; `decide`, the card and the buttons ask it."""

from __future__ import annotations

from datetime import datetime
from enum import Enum

from commands.progress.evidence import is_stale, why_fallen
from commands.progress.reach import REACH, was_away
from commands.progress.rollback_steps import goes_back_without, others_wait_for
from commands.progress.turns import is_left_out
from commands.runbook.page import Page, PageStep, Part
from state.facts import Agreement, Choice, Signature, StepAnswer
from state.records import Attempt, AttemptState, Record

# phases without a step on the page; they have attempts too, so that their start survives a restart
WATCH, DECISION, AFTER_ROLLBACK = "the watch", "the decision", "the watch after the rollback"
PHASES = frozenset({WATCH, DECISION, AFTER_ROLLBACK})


class StepState(Enum):
    """What a step means for the run now."""

    NOT_BEGUN = "it has not begun"
    RUNNING = "it is running"
    SETTLED = "it is settled; the next one may begin"
    RETRY = "it must run again: a person asked for that, or what it made or used has changed"
    SIGN_AGAIN = "its signatures no longer hold"
    ROLL_BACK = "it failed, and the page says that this rolls back"
    NO_GO = "a sign-off was refused before anything was changed"
    NEEDS_PEOPLE = "people must sign or answer"


def state_of(page: Page, record: Record, step: PageStep) -> StepState:
    """What a step means for the run now."""
    last = record.last(step.id)
    if last is None:
        return StepState.SETTLED if is_left_out(page, record, step) else StepState.NOT_BEGUN
    if last.state == AttemptState.RUNNING:
        return StepState.RUNNING
    if is_stale(page, record, step):
        return StepState.RETRY
    if is_refused(record, last):
        return _refused_state(page, record, step, last)
    if answer := answer_to(record, last):
        return _answered_state(page, record, step, last, answer)
    judge = _signed_state if last.state == AttemptState.DONE else _failed_state
    return judge(page, record, step, last)


def answer_to(record: Record, attempt: Attempt) -> StepAnswer | None:
    """The answer about an attempt, or None."""
    return record.newest(StepAnswer, step=attempt.step, attempt=attempt.attempt)


def choice_of(record: Record, attempt: Attempt) -> Choice | None:
    """The choice in the answer about an attempt, or None."""
    answer = answer_to(record, attempt)
    return answer.choice if answer else None


def needs_two(page: Page, record: Record, step: PageStep) -> bool:
    """Whether going on without a step takes two people: by its kind, or because other parts go back without it."""
    return step.box.needs_second_person or bool(goes_back_without(page, record, step))


def is_restored(page: Page, record: Record, step: PageStep) -> bool:
    """Whether a step of the rollback did its part, or a person says that they did it by hand."""
    attempt = record.last(step.id)
    if attempt is None or is_refused(record, attempt):
        return False
    return attempt.state == AttemptState.DONE or fix_by_hand(page, record, step, attempt) is not None


def has_agreement(page: Page, record: Record, step: PageStep, answer: StepAnswer) -> bool:
    """Whether an answer needs no second person, or has one."""
    if answer.choice is Choice.RETRY:
        return True
    if answer.choice is not Choice.OVERRIDE and not needs_two(page, record, step):
        return True
    return record.newest(Agreement, step=answer.step, attempt=answer.attempt, choice=answer.choice) is not None


def fix_by_hand(page: Page, record: Record, step: PageStep, attempt: Attempt) -> StepAnswer | None:
    """The answer that an unsuccessful attempt was fixed by hand, once it counts; otherwise None."""
    answer = answer_to(record, attempt)
    if attempt.state == AttemptState.DONE or answer is None or answer.choice is not Choice.DONE:
        return None
    return answer if has_agreement(page, record, step, answer) and not is_refused(record, attempt) else None


def signatures(record: Record, attempt: Attempt) -> list[Signature]:
    """Every signature and refusal of an attempt, oldest first."""
    key = (attempt.step, attempt.attempt)
    return [fact for fact in record.facts if isinstance(fact, Signature) and (fact.step, fact.attempt) == key]


def is_refused(record: Record, attempt: Attempt) -> bool:
    """Whether somebody refused to sign this attempt."""
    return any(signature.refused for signature in signatures(record, attempt))


def missing_signatures(record: Record, step: PageStep, attempt: Attempt) -> tuple[str, ...]:
    """The roles that have not signed this attempt yet, in alphabetical order."""
    return tuple(sorted(step.box.roles() - {signature.role for signature in signatures(record, attempt)}))


def production_changed(page: Page, record: Record) -> bool:
    """Whether a step that may change production has begun, so that there is something to roll back."""
    return production_changed_at(page, record) is not None


def production_changed_at(page: Page, record: Record) -> datetime | None:
    """When the first step that may change production began."""
    changing = {step.id for step in page.steps if step.part in {Part.DEPLOY, Part.SMOKE_TESTS, Part.WATCH}}
    return min((attempt.began_at for attempt in record.attempts if attempt.step in changing), default=None)


def _answered_state(page: Page, record: Record, step: PageStep, attempt: Attempt, answer: StepAnswer) -> StepState:
    """For an attempt that a person has answered, and that nobody has refused."""
    if answer.choice is Choice.RETRY:
        return StepState.RETRY
    if not has_agreement(page, record, step, answer):
        return StepState.NEEDS_PEOPLE
    return StepState.SETTLED if answer.choice is Choice.SKIP else _signed_state(page, record, step, attempt)


def _signed_state(page: Page, record: Record, step: PageStep, attempt: Attempt) -> StepState:
    """For an attempt that succeeded, or that was fixed by hand: its signatures decide."""
    if why_fallen(page, record, attempt):
        return StepState.SIGN_AGAIN
    return StepState.NEEDS_PEOPLE if missing_signatures(record, step, attempt) else StepState.SETTLED


def _failed_state(page: Page, record: Record, step: PageStep, attempt: Attempt) -> StepState:
    """For an attempt that did not succeed, or whose end is unknown, while nobody has answered."""
    if attempt.changed:
        return StepState.SETTLED  # it checked evidence: the steps whose results have changed run again
    on_its_host = ("hosts", step.host) in step.box.places()
    if attempt.inconclusive and on_its_host and was_away(record, step.host) and _goes_on_without(record):
        return StepState.SETTLED  # people have decided already that the other hosts of the group go on
    if attempt.state == AttemptState.FAILED and step.box.on_failure == "tell":
        # a lost connection must not let the other parts go back alone
        alone = attempt.inconclusive and others_wait_for(page, step) and not _goes_on_without(record)
        return StepState.NEEDS_PEOPLE if alone else StepState.SETTLED
    # what could not be asked is no failure of the release
    if attempt.state == AttemptState.FAILED and step.box.on_failure == "roll back" and not attempt.inconclusive:
        return StepState.ROLL_BACK
    return StepState.NEEDS_PEOPLE


def _goes_on_without(record: Record) -> bool:
    """Whether people decided that the rollback begins although it cannot reach all that it needs."""
    attempt = record.last(REACH)
    return attempt is not None and choice_of(record, attempt) is Choice.SKIP


def _refused_state(page: Page, record: Record, step: PageStep, attempt: Attempt) -> StepState:
    """For an attempt whose sign-off was refused. That it was fixed by hand is then no answer any more."""
    answer = answer_to(record, attempt)
    if answer and answer.choice is Choice.RETRY:
        return StepState.RETRY
    if answer and answer.choice is Choice.OVERRIDE:
        return StepState.SETTLED if has_agreement(page, record, step, answer) else StepState.NEEDS_PEOPLE
    if answer and answer.choice is Choice.SKIP:
        return StepState.SETTLED  # an earlier version wrote this, when one person could overrule a refusal
    return state_once_refused(page, record, step)


def state_once_refused(page: Page, record: Record, step: PageStep) -> StepState:
    """What a refusal of a step's sign-off means for the run, while nobody has answered it."""
    if not production_changed(page, record):
        return StepState.NO_GO
    return StepState.ROLL_BACK if step.box.on_failure == "roll back" else StepState.NEEDS_PEOPLE
