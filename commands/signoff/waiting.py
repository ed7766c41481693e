"""Who must act now, on what, and what they may answer: pure questions about a run's record."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from commands.progress.evidence import CHECK, check_step
from commands.progress.fit import fit_step
from commands.progress.reach import reach_step
from commands.progress.start_gate import GATE, open_objections, waits_at_gate
from commands.progress.step_state import (
    AFTER_ROLLBACK,
    DECISION,
    StepState,
    answer_to,
    has_agreement,
    is_refused,
    missing_signatures,
    state_of,
)
from commands.progress.turns import rest_of_turn
from commands.runbook.page import Page, PageStep, Part
from commands.signoff.permissions import Act, roles_for
from commands.watch.countdown import Countdown, running_countdowns
from state.events import Ask
from state.facts import Choice, EarlyKeep, EarlyKeepAgreement, StartObjection
from state.frozen import dataclass
from state.records import Attempt, AttemptState, Record, RunState


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """Something that people must do. Any one person of each role in `roles` may do it.

    `choices` are the possible answers; where a second person must agree, the answer to agree to.
    For a countdown `step` is the alert's name and `attempt` the countdown's number.
    With `blocks=False` the run continues meanwhile, as for a question of the watch.
    """

    ask: Ask
    step: str
    attempt: int
    title: str
    roles: tuple[str, ...]
    choices: tuple[Choice, ...] = ()
    blocks: bool = True


def waiting_for_step(page: Page, record: Record, step: PageStep) -> Waiting | None:
    """What a step is waiting for, or None if no person needs to act."""
    attempt = record.last(step.id)
    if attempt is None or state_of(page, record, step) is not StepState.NEEDS_PEOPLE:
        return None
    answer, refused = answer_to(record, attempt), is_refused(record, attempt)
    if answer and not has_agreement(page, record, step, answer):
        act = Act.AGREE_TO_OVERRIDE if answer.choice is Choice.OVERRIDE else Act.AGREE
        return _waiting(Ask.AGREE, step, attempt, roles_for(act, page), (answer.choice,))
    if (attempt.state == AttemptState.DONE or answer) and not refused:
        return _waiting(Ask.SIGN, step, attempt, missing_signatures(record, step, attempt))
    roles = roles_for(Act.OVERRIDE if refused else Act.SKIP, page, box=step.box)
    return _waiting(Ask.ANSWER, step, attempt, roles, choices_after(page, record, step, attempt))


def choices_after(page: Page, record: Record, step: PageStep, attempt: Attempt) -> tuple[Choice, ...]:
    """The possible answers about an attempt that did not succeed or was refused. A rollback is always possible too.

    A failed step whose outputs later steps need can only be run again. Without those values a later step
    would fail in the middle of production. What is left out with it in its host's turn needs nothing.
    """
    if is_refused(record, attempt):
        return Choice.RETRY, Choice.OVERRIDE
    if not step.box.may_be_skipped:
        return (Choice.RETRY,)
    left_out = rest_of_turn(page, step)
    users = [other for other in page.steps if other is not step and step.gives_values_to(other)]
    needed: set[str] = set().union(*(other.box.inputs() for other in users if other not in left_out))
    if needed & set(step.box.outputs()):
        return (Choice.RETRY,)
    return (Choice.RETRY, Choice.DONE, Choice.SKIP) if step.box.may_be_fixed else (Choice.RETRY, Choice.SKIP)


def _waiting(
    ask: Ask, step: PageStep, attempt: Attempt, roles: tuple[str, ...], choices: tuple[Choice, ...] = ()
) -> Waiting:
    return Waiting(ask=ask, step=step.id, attempt=attempt.attempt, title=step.title, roles=roles, choices=choices)


def _waiting_for_hold(page: Page, countdown: Countdown) -> Waiting:
    """Who may hold a countdown."""
    name = countdown.alert.name
    roles = roles_for(Act.FALSE_ALARM, page, alert=countdown.alert)
    return Waiting(ask=Ask.COUNTDOWN, step=name, attempt=countdown.number, title=name, roles=roles)


def _watch_questions(page: Page, record: Record) -> list[Waiting]:
    """The open questions of the watch. The newest attempt of each counts, and none blocks the run."""
    if record.run.state != RunState.GOING or record.rollback or record.keep or record.last(DECISION):
        return []  # the decision itself asks people
    questions = [step for step in page.part(Part.WATCH) if step.box.asks_people]
    waiting = [found for step in questions if (found := waiting_for_step(page, record, step))]
    return [replace(one, blocks=False) for one in waiting if one.ask is Ask.SIGN]


def _early_keep(page: Page, record: Record) -> Waiting | None:
    """The second person whom an early KEEP is waiting for, or None."""
    if not record.newest(EarlyKeep) or record.newest(EarlyKeepAgreement):
        return None
    if record.run.state != RunState.GOING or record.last(DECISION) or record.rollback:
        return None
    title, roles = "KEEP before the watch is over", roles_for(Act.AGREE, page)
    return Waiting(ask=Ask.AGREE, step=DECISION, attempt=1, title=title, roles=roles)


def decision_pending(record: Record) -> bool:
    """Whether the run is waiting for KEEP or ROLLBACK."""
    attempt = record.last(DECISION)
    open_ = record.run.state == RunState.GOING and attempt is not None and attempt.state == AttemptState.RUNNING
    return open_ and not record.keep and not record.rollback


def waiting_at_start(page: Page, against: Iterable[StartObjection]) -> Waiting:
    """The second person whom a start is waiting for, because of objections that are open."""
    roles = tuple(dict.fromkeys(role for one in against for role in roles_to_agree(page, one)))
    return Waiting(ask=Ask.START, step=GATE, attempt=1, title=GATE, roles=roles)


def roles_to_agree(page: Page, objection: StartObjection) -> tuple[str, ...]:
    """The roles of which somebody must agree to start against an objection."""
    return objection.roles or roles_for(Act.AGREE_TO_START, page)


def waiting_for(page: Page, record: Record) -> tuple[Waiting, ...]:
    """Everything the run is waiting for now. Once a rollback is requested, only its own steps ask."""
    if not record.run.active:
        return ()
    steps = () if record.rollback else page.forward
    if record.run.state == RunState.ROLLING_BACK:
        over = record.last(AFTER_ROLLBACK)
        own = reach_step(page, record), fit_step(page, record)
        steps = () if over else (own[0], *page.part(Part.ROLLBACK), own[1])
    check = record.last(CHECK)
    if check and check.state != AttemptState.DONE and record.run.state == RunState.GOING and not record.rollback:
        steps = (*steps, check_step(page))
    if waits_at_gate(record):
        return (waiting_at_start(page, open_objections(record)),)
    waiting = [_waiting_for_hold(page, countdown) for countdown in running_countdowns(page, record)]
    waiting += [found for step in steps if (found := waiting_for_step(page, record, step))]
    waiting += _watch_questions(page, record)
    if early := _early_keep(page, record):
        waiting.append(early)
    if decision_pending(record):
        roles = roles_for(Act.KEEP, page)
        waiting.append(Waiting(ask=Ask.DECIDE, step=DECISION, attempt=1, title="KEEP or ROLLBACK", roles=roles))
    return tuple(waiting)
