"""Who is waited for now, for what, and what they may answer: pure questions about a run."""

from __future__ import annotations

from dataclasses import dataclass, replace

from commands.progress.step_state import (
    DECISION,
    StepState,
    choice_of,
    is_refused,
    missing_signatures,
    state_of,
)
from commands.runbook.page import Page, PageStep, Part
from commands.watch.countdown import Countdown, running_countdowns
from state.events import Ask
from state.facts import Choice, EarlyKeep, EarlyKeepAgreement
from state.records import Attempt, AttemptState, Record, RunState


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """Somebody is waited for; any one person of each role may act. For a countdown `step` is the alert's name, `attempt` its number.

    With `blocks=False` the run goes on meanwhile: a question of the watch.
    """

    ask: Ask
    step: str
    attempt: int
    title: str
    roles: tuple[str, ...]
    choices: tuple[Choice, ...] = ()
    blocks: bool = True


def waiting_for_step(page: Page, record: Record, step: PageStep) -> Waiting | None:
    """Whom a step waits for, or None when it waits for nobody."""
    row = record.last(step.id)
    if row is None or state_of(page, record, step) is not StepState.NEEDS_PEOPLE:
        return None
    choice = choice_of(record, row)
    if (row.state == AttemptState.DONE or choice is Choice.DONE) and not is_refused(record, row):
        return _waiting(Ask.SIGN, step, row, missing_signatures(record, step, row))
    if choice is Choice.SKIP:
        return _waiting(Ask.AGREE, step, row, tuple(sorted(page.roles)))
    return _waiting(Ask.ANSWER, step, row, (step.box.asks or page.decision.role,), choices_after(page, step, row))


def choices_after(page: Page, step: PageStep, row: Attempt) -> tuple[Choice, ...]:
    """What a person may answer about an attempt that did not end well; rolling back is always possible besides.

    A step that found out nothing, but whose values later steps need, can only be run again: going on without them
    would fail in the middle of production.
    """
    if row.state == AttemptState.DONE:
        return Choice.RETRY, Choice.SKIP
    needed: set[str] = set().union(*(other.box.inputs() for other in page.steps if other is not step))
    if needed & set(step.box.outputs()):
        return (Choice.RETRY,)
    return Choice.RETRY, Choice.DONE, Choice.SKIP


def _waiting(
    ask: Ask, step: PageStep, row: Attempt, roles: tuple[str, ...], choices: tuple[Choice, ...] = ()
) -> Waiting:
    return Waiting(ask=ask, step=step.id, attempt=row.attempt, title=step.title, roles=roles, choices=choices)


def _holding(page: Page, one: Countdown) -> Waiting:
    """Who may hold a countdown: the roles that its alert calls, and the deciding one."""
    roles = tuple(dict.fromkeys([*one.alert.pings, page.decision.role]))
    return Waiting(ask=Ask.COUNTDOWN, step=one.alert.name, attempt=one.number, title=one.alert.name, roles=roles)


def _asked_in_watch(page: Page, record: Record) -> list[Waiting]:
    """The questions of the watch that nobody has answered; the newest of each counts, and none holds the run up."""
    if record.run.state != RunState.GOING or record.rollback or record.keep or record.last(DECISION):
        return []  # by the decision people are asked themselves
    questions = [step for step in page.part(Part.WATCH) if step.box.asks_people]
    found = [waiting for step in questions if (waiting := waiting_for_step(page, record, step))]
    return [replace(waiting, blocks=False) for waiting in found if waiting.ask is Ask.SIGN]


def _early_keep(page: Page, record: Record) -> Waiting | None:
    """A second person must agree to a KEEP that was decided before the watch was over; None where nobody is waited for."""
    if not record.newest(EarlyKeep) or record.newest(EarlyKeepAgreement):
        return None
    if record.run.state != RunState.GOING or record.last(DECISION) or record.rollback:
        return None
    title, roles = "KEEP before the watch is over", tuple(sorted(page.roles))
    return Waiting(ask=Ask.AGREE, step=DECISION, attempt=1, title=title, roles=roles)


def decision_pending(record: Record) -> bool:
    """Whether somebody must decide KEEP or ROLLBACK, and nobody has."""
    row = record.last(DECISION)
    open_ = record.run.state == RunState.GOING and row is not None and row.state == AttemptState.RUNNING
    return open_ and not record.keep and not record.rollback


def waiting_for(page: Page, record: Record) -> tuple[Waiting, ...]:
    """Everybody the run waits for now."""
    if not record.run.active:
        return ()
    steps = page.part(Part.ROLLBACK) if record.run.state == RunState.ROLLING_BACK else page.forward
    found = [_holding(page, one) for one in running_countdowns(page, record)]
    found += [waiting for step in steps if (waiting := waiting_for_step(page, record, step))]
    found += _asked_in_watch(page, record)
    if early := _early_keep(page, record):
        found.append(early)
    if decision_pending(record):
        roles = (page.decision.role,)
        found.append(Waiting(ask=Ask.DECIDE, step=DECISION, attempt=1, title="KEEP or ROLLBACK", roles=roles))
    return tuple(found)
