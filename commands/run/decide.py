"""What happens next in a run: one pure function of the page, the record and the time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from commands.progress.clock import moment
from commands.progress.hold import held
from commands.progress.step_state import DECISION, WATCH, Verdict, settle, touched
from commands.rollback.order import way_back
from commands.runbook.page import Page, PageStep
from commands.watch.countdown import AtZero, BeginCountdown, Recovered, ring
from state.records import ABORTED, DONE, FAILED, KEPT, ROLLED_BACK, ROLLING_BACK, RUNNING, Record


@dataclass(frozen=True)
class Begin:
    """Begin an attempt at a step."""

    step: PageStep
    attempt: int


@dataclass(frozen=True)
class Note:
    """Write that a pseudo-step (the watch, the decision) begins or is over."""

    step: str
    over: bool = False


@dataclass(frozen=True)
class TurnBack:
    """Write that the bot itself calls for the rollback, and why."""

    reason: str


@dataclass(frozen=True)
class StopActs:
    """Stop the acts of these steps, and wait for their end."""

    steps: tuple[str, ...]


@dataclass(frozen=True)
class Move:
    """Move the run to another state."""

    state: str


@dataclass(frozen=True)
class Wait:
    """Nothing to do before something is said or ends, or the given moment."""

    until: datetime | None = None


Next = Begin | Note | TurnBack | StopActs | Move | Wait | BeginCountdown | Recovered | AtZero


def decide(page: Page, record: Record, now: datetime) -> Next:
    """Say what happens next. The loop carries the answer out, writes it down, and asks again."""
    if not record.run.active:
        return Wait()
    if record.run.state == ROLLING_BACK:
        return _back(page, record)
    if record.fact("rollback"):
        return _turn(page, record)
    rings = ring(page, record, now)
    if isinstance(rings, BeginCountdown | Recovered | AtZero):
        return rings
    following = _in_order(page, record, page.forward) or _watch(page, record, now, counting=rings is not None)
    if rings and isinstance(following, Wait):
        return Wait(min(following.until, rings) if following.until else rings)
    return following


def _running(record: Record, steps: tuple[PageStep, ...]) -> tuple[str, ...]:
    ids = {step.id for step in steps}
    return tuple(row.step for row in record.steps if row.state == RUNNING and row.step in ids)


def _turn(page: Page, record: Record) -> Next:
    if touched(page, record):
        return Move(ROLLING_BACK)
    if running := _running(record, page.steps):
        return StopActs(running)
    return Move(ABORTED)


def _back(page: Page, record: Record) -> Next:
    if running := _running(record, page.forward + page.part("watch")):
        return StopActs(running)
    steps = way_back(page, record)
    verdicts = {step.id: settle(page, record, step) for step in steps}
    for number, step in enumerate(steps):
        if verdicts[step.id] in {Verdict.TO_BEGIN, Verdict.AGAIN} and _may_begin(step, steps[:number], verdicts):
            return _begin(record, step)
    return Wait() if set(verdicts.values()) - {Verdict.GO_ON} else Move(ROLLED_BACK)


def _begin(record: Record, step: PageStep) -> Begin:
    row = record.last(step.id)
    return Begin(step, row.attempt + 1 if row else 1)


def _may_begin(step: PageStep, above: tuple[PageStep, ...], verdicts: Mapping[str, Verdict]) -> bool:
    """Whether all is settled that a step of the rollback waits for: the steps it names, or else all above it."""
    named = step.box.after
    return all(verdicts[other.id] is Verdict.GO_ON for other in above if named is None or other.id in named)


def _in_order(page: Page, record: Record, steps: tuple[PageStep, ...]) -> Next | None:
    """The next act among the steps of the way forward, which run one after another; None when all are settled."""
    stay = held(record)
    for step in steps:
        verdict = settle(page, record, step)
        if verdict is Verdict.GO_ON:
            continue
        if verdict in {Verdict.TO_BEGIN, Verdict.AGAIN}:
            return Wait() if stay else _begin(record, step)
        if verdict is Verdict.NO_GO:
            return TurnBack(f"the sign-off of “{step.title}” was refused")
        if verdict is Verdict.ROLL_BACK:
            row = record.last(step.id)
            return TurnBack(f"“{step.title}” failed: {row.says if row else ''}")
        return Wait()
    return None


def _watch(page: Page, record: Record, now: datetime, *, counting: bool) -> Next:
    """The watch, its end, and the decision. The checks go on until somebody has decided, because production is not safe before.

    While a countdown runs, neither the watch nor the run comes to an end.
    """
    if page.watch is None:
        return Wait() if counting else _decision(record) or Wait()
    row = record.last(WATCH)
    if row is None:
        return Wait() if held(record) else Note(WATCH)
    began = moment(record, row)
    elapsed = (now - began) * record.run.speed
    if record.fact("keep") and _running(record, page.part("watch")):
        return Wait()
    ends = row.state == RUNNING and (elapsed >= page.watch.lasts or record.fact("keep") is not None)
    over = _decision(record) if row.state == DONE else Note(WATCH, over=True) if ends else None
    if over and not counting:
        return over
    soonest = _next_check(page, record, elapsed)
    if isinstance(soonest, Begin | TurnBack):
        return soonest
    if row.state == RUNNING and not ends:
        soonest = min(soonest, page.watch.lasts)
    return Wait(began + soonest / record.run.speed) if soonest < timedelta.max else Wait()


def _next_check(page: Page, record: Record, elapsed: timedelta) -> Begin | TurnBack | timedelta:
    """The check that is due, or when (counted from the watch's beginning, in the page's time) the next one is."""
    moments = [timedelta.max]
    over = record.last(DECISION) is not None
    for step in page.part("watch"):
        if over and step.box.kind == "gate":
            continue  # people are asked by the decision itself now
        every = step.box.every or timedelta(minutes=15)
        slot = int(elapsed / every)
        last = record.last(step.id)
        if last is None or (last.attempt <= slot and last.state != RUNNING):
            return Begin(step, slot + 1)
        if last.state == FAILED and not last.unasked and step.box.on_failure == "roll back":
            return TurnBack(f"“{step.title}” failed: {last.says}")
        moments.append(every * (slot + 1))
    return min(moments)


def _decision(record: Record) -> Next | None:
    if record.fact("keep"):
        return Move(KEPT)
    return None if record.last(DECISION) else Note(DECISION)
