"""Decides what a run does next: one pure function of the page, the record and the time."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from commands.progress.drill import waits_for_people
from commands.progress.evidence import (
    CHECK,
    check_step,
    expired_signatures,
    first_change_begun,
    is_fresh,
    to_check,
    why_fallen,
)
from commands.progress.hold import environment_hold, hold_of, keep_of
from commands.progress.start_gate import waits_at_gate
from commands.progress.step_state import DECISION, WATCH, StepState, production_changed, state_of
from commands.run.decide_rollback import next_in_rollback, running_among
from commands.run.instructions import (
    AskAgain,
    BeginStep,
    CheckEvidence,
    Instruction,
    MarkPhase,
    MoveRun,
    RequestRollback,
    StopSteps,
    Wait,
    begin,
)
from commands.runbook.page import Page, PageStep, Part
from commands.watch.countdown import CancelCountdown, CountdownExpired, StartCountdown, due_countdown
from state.records import AttemptState, Record, RunState


def decide(page: Page, record: Record, now: datetime) -> Instruction:
    """What the run must do next. The runner carries it out, records it, and asks again."""
    if not record.run.active or waits_at_gate(record):
        return Wait()
    if record.run.state == RunState.ROLLING_BACK:
        return next_in_rollback(page, record, now)
    if record.rollback:
        return _begin_rollback(page, record)
    countdown = due_countdown(page, record, now)
    if isinstance(countdown, StartCountdown | CancelCountdown | CountdownExpired):
        return countdown
    instruction = _next_forward_step(page, record, now)
    if environment_hold(record) and not isinstance(instruction, RequestRollback):
        instruction = Wait()
    instruction = instruction or _watch(page, record, now, counting_down=countdown is not None)
    if countdown and isinstance(instruction, Wait):
        return Wait(min(instruction.until, countdown) if instruction.until else countdown)
    return instruction


def _begin_rollback(page: Page, record: Record) -> Instruction:
    """A rollback was requested: roll back at once if production changed, else stop what runs and abort."""
    if production_changed(page, record):
        return MoveRun(RunState.ROLLING_BACK)
    if running := running_among(record, (*page.steps, check_step(page))):
        return StopSteps(running)
    return MoveRun(RunState.ABORTED)


def _next_forward_step(page: Page, record: Record, now: datetime) -> Instruction | None:
    """What to do about the first step before the watch that is not settled; None when all are settled.

    On a group it may be several at the same time. While people must decide about one of them, no other begins.
    """
    if waits_for_people(record):
        return Wait()
    for batch in _batches(page.forward):
        asked = len(batch) > 1 and any(state_of(page, record, step) is StepState.NEEDS_PEOPLE for step in batch)
        steps = [step for step in batch if not asked or record.last(step.id)]
        found = [one for step in steps if (one := _next_of(page, record, step, now))]
        if found:
            rollback = (one for one in found if isinstance(one, RequestRollback))
            return next(rollback, None) or next((one for one in found if not isinstance(one, Wait)), found[0])
    return None


def _batches(steps: tuple[PageStep, ...]) -> Iterator[list[PageStep]]:
    """The steps in order; those of a group that run at the same time are one batch."""
    batch: list[PageStep] = []
    for step in steps:
        if batch and not step.together_with(batch[0]):
            yield batch
            batch = []
        batch.append(step)
    if batch:
        yield batch


def _next_of(page: Page, record: Record, step: PageStep, now: datetime) -> Instruction | None:
    """What to do about a step; None if it is settled."""
    last, state = record.last(step.id), state_of(page, record, step)
    if state is StepState.SETTLED:
        return None
    if last is None or state is StepState.RETRY:
        return Wait() if hold_of(record) else _before_first_change(page, record, step, now) or begin(record, step)
    if state is StepState.SIGN_AGAIN:
        return Wait() if hold_of(record) else AskAgain(((step.id, why_fallen(page, record, last)),))
    if state is StepState.NO_GO:
        return RequestRollback(f"the sign-off of “{step.title}” was refused")
    if state is StepState.ROLL_BACK:
        return RequestRollback(f"“{step.title}” failed: {last.summary}")
    return Wait()


def _before_first_change(page: Page, record: Record, step: PageStep, now: datetime) -> Instruction | None:
    """What must happen before the first step that changes production: no old signature, and the evidence checked."""
    if not step.box.changes_production or first_change_begun(page, record):
        return None
    if old := expired_signatures(page, record, now):
        return AskAgain(old)
    if not any(to_check(page, record)):
        return None
    last = record.last(CHECK)
    if last and last.state == AttemptState.RUNNING:
        return Wait()
    beside = {other.id for other in page.steps if other.together_with(step) and other.id != step.id}
    if not is_fresh(record, now, beside):
        return CheckEvidence(last.attempt + 1 if last else 1)
    return None if last and last.state == AttemptState.DONE else Wait()


def _watch(page: Page, record: Record, now: datetime, *, counting_down: bool) -> Instruction:
    """The watch, its end, and the decision.

    The checks go on until the decision, because production is not safe before it. While a countdown runs, neither the
    watch nor the run ends.
    """
    if page.watch is None:
        return _decision(record) or Wait()  # without a watch there are no alerts either
    watch = record.last(WATCH)
    if watch is None:
        return Wait() if hold_of(record) else MarkPhase(WATCH)
    elapsed = (now - watch.began_at) * record.run.speed
    if keep_of(record) and running_among(record, page.part(Part.WATCH)):
        return Wait()
    running = watch.state == AttemptState.RUNNING
    ends = running and (elapsed >= page.watch.lasts or keep_of(record) is not None)
    following = MarkPhase(WATCH, over=True) if ends else None if running else _decision(record)
    if following and not counting_down:
        return following
    next_check = _next_check(page, record, elapsed)
    if isinstance(next_check, BeginStep | RequestRollback):
        return next_check
    if running and not ends:
        next_check = min(next_check, page.watch.lasts)
    return Wait(watch.began_at + next_check / record.run.speed) if next_check < timedelta.max else Wait()


def _next_check(page: Page, record: Record, elapsed: timedelta) -> BeginStep | RequestRollback | timedelta:
    """The check that is due, or when the next one is, counted from the start of the watch in the page's time."""
    due = [timedelta.max]
    deciding = record.last(DECISION) is not None
    for step in page.part(Part.WATCH):
        every = step.box.every
        if every is None or (deciding and step.box.asks_people):
            continue  # every check has an interval, or its page is refused; and the decision asks people itself
        slot = int(elapsed / every)
        last = record.last(step.id)
        if last is None or (last.attempt <= slot and last.state != AttemptState.RUNNING):
            return BeginStep(step, slot + 1)
        if last.state == AttemptState.FAILED and not last.inconclusive and step.box.on_failure == "roll back":
            return RequestRollback(f"“{step.title}” failed: {last.summary}")
        due.append(every * (slot + 1))
    return min(due)


def _decision(record: Record) -> Instruction | None:
    if keep_of(record):
        return MoveRun(RunState.KEPT)
    return None if record.last(DECISION) else MarkPhase(DECISION)
