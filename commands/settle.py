"""What a step's newest attempt means for the run: pure questions about one step, asked by `decide`, the card and the buttons."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum

from commands.countdown import Countdown, running
from commands.runbook.page import Page, PageStep
from state.records import DONE, FAILED, GOING, RUNNING, Record, Step

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


def way_back(page: Page, record: Record) -> tuple[PageStep, ...]:
    """The steps of the rollback that have something to undo, in order."""
    begun = {row.step for row in record.steps}
    return tuple(step for step in page.part("rollback") if not step.box.undoes or step.box.undoes in begun)


def touched(page: Page, record: Record) -> bool:
    """Whether any step that may change production has begun, so that there is something to roll back."""
    return touched_at(page, record) is not None


def touched_at(page: Page, record: Record) -> datetime | None:
    """When the first step began that may change production."""
    changing = {step.id for step in page.steps if step.part in {"deploy", "smoke tests", "watch"}}
    return min((row.began_at for row in record.steps if row.step in changing), default=None)


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
