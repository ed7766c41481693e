"""What happens next in a run: one pure function of the page, the record and the time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from commands.progress.hold import hold_of
from commands.progress.step_state import DECISION, WATCH, StepState, production_changed, state_of
from commands.rollback.order import rollback_steps
from commands.runbook.page import Page, PageStep, Part
from commands.watch.countdown import CancelCountdown, CountdownExpired, StartCountdown, due_countdown
from state.records import AttemptState, Record, RunState


@dataclass(frozen=True)
class BeginStep:
    """Begin an attempt at a step."""

    step: PageStep
    attempt: int


@dataclass(frozen=True)
class MarkPhase:
    """Write that a pseudo-step (the watch, the decision) begins or is over."""

    step: str
    over: bool = False


@dataclass(frozen=True)
class RequestRollback:
    """Write that the bot itself calls for the rollback, and why."""

    reason: str


@dataclass(frozen=True)
class StopSteps:
    """Stop the acts of these steps, and wait for their end."""

    steps: tuple[str, ...]


@dataclass(frozen=True)
class MoveRun:
    """Move the run to another state."""

    state: RunState


@dataclass(frozen=True)
class Wait:
    """Nothing to do before something is said or ends, or the given moment."""

    until: datetime | None = None


NextAct = (
    BeginStep
    | MarkPhase
    | RequestRollback
    | StopSteps
    | MoveRun
    | Wait
    | StartCountdown
    | CancelCountdown
    | CountdownExpired
)


def decide(page: Page, record: Record, now: datetime) -> NextAct:
    """Say what happens next. The loop carries the answer out, writes it down, and asks again."""
    if not record.run.active:
        return Wait()
    if record.run.state == RunState.ROLLING_BACK:
        return _back(page, record)
    if record.rollback:
        return _turn(page, record)
    rings = due_countdown(page, record, now)
    if isinstance(rings, StartCountdown | CancelCountdown | CountdownExpired):
        return rings
    following = _in_order(page, record, page.forward) or _watch(page, record, now, counting=rings is not None)
    if rings and isinstance(following, Wait):
        return Wait(min(following.until, rings) if following.until else rings)
    return following


def _running(record: Record, steps: tuple[PageStep, ...]) -> tuple[str, ...]:
    ids = {step.id for step in steps}
    return tuple(row.step for row in record.attempts if row.state == AttemptState.RUNNING and row.step in ids)


def _turn(page: Page, record: Record) -> NextAct:
    if production_changed(page, record):
        return MoveRun(RunState.ROLLING_BACK)
    if running := _running(record, page.steps):
        return StopSteps(running)
    return MoveRun(RunState.ABORTED)


def _back(page: Page, record: Record) -> NextAct:
    if running := _running(record, page.forward + page.part(Part.WATCH)):
        return StopSteps(running)
    steps = rollback_steps(page, record)
    verdicts = {step.id: state_of(page, record, step) for step in steps}
    for number, step in enumerate(steps):
        if verdicts[step.id] in {StepState.NOT_BEGUN, StepState.RETRY} and _may_begin(step, steps[:number], verdicts):
            return _begin(record, step)
    return Wait() if set(verdicts.values()) - {StepState.SETTLED} else MoveRun(RunState.ROLLED_BACK)


def _begin(record: Record, step: PageStep) -> BeginStep:
    row = record.last(step.id)
    return BeginStep(step, row.attempt + 1 if row else 1)


def _may_begin(step: PageStep, above: tuple[PageStep, ...], verdicts: Mapping[str, StepState]) -> bool:
    """Whether all is settled that a step of the rollback waits for: the steps it names, or else all above it."""
    named = step.box.after
    return all(verdicts[other.id] is StepState.SETTLED for other in above if named is None or other.id in named)


def _in_order(page: Page, record: Record, steps: tuple[PageStep, ...]) -> NextAct | None:
    """The next act among the steps of the way forward, which run one after another; None when all are settled."""
    stay = hold_of(record) is not None
    for step in steps:
        verdict = state_of(page, record, step)
        if verdict is StepState.SETTLED:
            continue
        if verdict in {StepState.NOT_BEGUN, StepState.RETRY}:
            return Wait() if stay else _begin(record, step)
        if verdict is StepState.NO_GO:
            return RequestRollback(f"the sign-off of “{step.title}” was refused")
        if verdict is StepState.ROLL_BACK:
            row = record.last(step.id)
            return RequestRollback(f"“{step.title}” failed: {row.summary if row else ''}")
        return Wait()
    return None


def _watch(page: Page, record: Record, now: datetime, *, counting: bool) -> NextAct:
    """The watch, its end, and the decision. The checks go on until somebody has decided, because production is not safe before.

    While a countdown runs, neither the watch nor the run comes to an end.
    """
    if page.watch is None:
        return Wait() if counting else _decision(record) or Wait()
    row = record.last(WATCH)
    if row is None:
        return Wait() if hold_of(record) else MarkPhase(WATCH)
    began = row.began_at
    elapsed = (now - began) * record.run.speed
    if record.keep and _running(record, page.part(Part.WATCH)):
        return Wait()
    ends = row.state == AttemptState.RUNNING and (elapsed >= page.watch.lasts or record.keep is not None)
    over = _decision(record) if row.state == AttemptState.DONE else MarkPhase(WATCH, over=True) if ends else None
    if over and not counting:
        return over
    soonest = _next_check(page, record, elapsed)
    if isinstance(soonest, BeginStep | RequestRollback):
        return soonest
    if row.state == AttemptState.RUNNING and not ends:
        soonest = min(soonest, page.watch.lasts)
    return Wait(began + soonest / record.run.speed) if soonest < timedelta.max else Wait()


def _next_check(page: Page, record: Record, elapsed: timedelta) -> BeginStep | RequestRollback | timedelta:
    """The check that is due, or when (counted from the watch's beginning, in the page's time) the next one is."""
    moments = [timedelta.max]
    over = record.last(DECISION) is not None
    for step in page.part(Part.WATCH):
        if over and step.box.asks_people:
            continue  # people are asked by the decision itself now
        every = step.box.every or timedelta(minutes=15)
        slot = int(elapsed / every)
        last = record.last(step.id)
        if last is None or (last.attempt <= slot and last.state != AttemptState.RUNNING):
            return BeginStep(step, slot + 1)
        if last.state == AttemptState.FAILED and not last.inconclusive and step.box.on_failure == "roll back":
            return RequestRollback(f"“{step.title}” failed: {last.summary}")
        moments.append(every * (slot + 1))
    return min(moments)


def _decision(record: Record) -> NextAct | None:
    if record.keep:
        return MoveRun(RunState.KEPT)
    return None if record.last(DECISION) else MarkPhase(DECISION)
