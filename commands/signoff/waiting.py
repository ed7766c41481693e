"""waiting: moved by the redesign."""

from __future__ import annotations

from dataclasses import dataclass, replace

from commands.progress.step_state import (
    AGAIN,
    DECISION,
    EARLY,
    ITS_DONE,
    SKIP,
    Verdict,
    _answer,
    refusal,
    settle,
    unsigned,
)
from commands.runbook.page import Page, PageStep
from commands.watch.countdown import Countdown, running
from state.records import DONE, GOING, RUNNING, Record, Step


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """Somebody is waited for: `kind` is "sign", "answer", "second", "decide" or "countdown"; any one person of each role may act.

    With `blocks=False` the run goes on meanwhile: a question of the watch.
    """

    kind: str
    step: str
    attempt: int
    title: str
    roles: tuple[str, ...]
    choices: tuple[str, ...] = ()
    blocks: bool = True


def waiting_for_step(page: Page, record: Record, step: PageStep) -> Waiting | None:
    """Whom a step waits for, or None when it waits for nobody."""
    row = record.last(step.id)
    if row is None or settle(page, record, step) is not Verdict.PEOPLE:
        return None
    if (row.state == DONE or _answer(record, row) == ITS_DONE) and not refusal(record, row):
        return _waiting("sign", step, row, unsigned(record, step, row))
    if _answer(record, row) == SKIP:
        return _waiting("second", step, row, tuple(sorted(page.roles)))
    return _waiting("answer", step, row, (step.box.asks or page.decision.role,), choices_after(page, step, row))


def choices_after(page: Page, step: PageStep, row: Step) -> tuple[str, ...]:
    """What a person may answer about an attempt that did not end well; rolling back is always possible besides.

    A step that found out nothing, but whose values later steps need, can only be run again: going on without them
    would fail in the middle of production.
    """
    if row.state == DONE:
        return AGAIN, SKIP
    needed: set[str] = set().union(*(other.box.needs() for other in page.steps if other is not step))
    return (AGAIN,) if needed & set(step.box.gives()) else (AGAIN, ITS_DONE, SKIP)


def _waiting(kind: str, step: PageStep, row: Step, roles: tuple[str, ...], choices: tuple[str, ...] = ()) -> Waiting:
    return Waiting(kind=kind, step=step.id, attempt=row.attempt, title=step.title, roles=roles, choices=choices)


def _holding(page: Page, one: Countdown) -> Waiting:
    """Who may hold a countdown: the roles that its alert calls, and the deciding one."""
    roles = tuple(dict.fromkeys([*one.alert.pings, page.decision.role]))
    return Waiting(kind="countdown", step=one.alert.name, attempt=one.number, title=one.alert.name, roles=roles)


def _asked_in_watch(page: Page, record: Record) -> list[Waiting]:
    """The questions of the watch that nobody has answered; the newest of each counts, and none holds the run up."""
    if record.run.state != GOING or record.fact("rollback") or record.fact("keep") or record.last(DECISION):
        return []  # by the decision people are asked themselves
    gates = [step for step in page.part("watch") if step.box.kind == "gate"]
    found = [waiting for step in gates if (waiting := waiting_for_step(page, record, step))]
    return [replace(waiting, blocks=False) for waiting in found if waiting.kind == "sign"]


def _agreeing(record: Record) -> bool:
    """Whether somebody decided KEEP before the watch was over, and a second person has not agreed yet."""
    early = record.fact("answer", DECISION, EARLY) and not record.fact("second", DECISION, EARLY)
    return bool(early) and record.last(DECISION) is None and not record.fact("rollback")


def deciding(record: Record) -> bool:
    """Whether somebody must decide KEEP or ROLLBACK, and nobody has."""
    row = record.last(DECISION)
    open_ = record.run.state == GOING and row is not None and row.state == RUNNING
    return open_ and not record.fact("keep") and not record.fact("rollback")


def waiting_for(page: Page, record: Record) -> tuple[Waiting, ...]:
    """Everybody the run waits for now."""
    if not record.run.active:
        return ()
    steps = page.part("rollback") if record.run.state == "rolling back" else page.forward
    found = [_holding(page, one) for one in running(page, record)]
    found += [waiting for step in steps if (waiting := waiting_for_step(page, record, step))]
    found += _asked_in_watch(page, record)
    if record.run.state == GOING and _agreeing(record):
        title = "KEEP before the watch is over"
        found.append(Waiting(kind="second", step=DECISION, attempt=EARLY, title=title, roles=tuple(sorted(page.roles))))
    if deciding(record):
        roles = (page.decision.role,)
        found.append(Waiting(kind="decide", step=DECISION, attempt=1, title="KEEP or ROLLBACK", roles=roles))
    return tuple(found)
