"""The status of a run as a value: stage, progress, who is waited for, the T+ clock. The card, the posts and the terminal show it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from commands.progress.clock import elapsed
from commands.progress.hold import hold_of
from commands.progress.step_state import WATCH, StepState, state_of
from commands.progress.usual_time import UsualTime
from commands.rollback.budget import StepPace, running_steps
from commands.rollback.order import rollback_steps
from commands.rollback.restored import not_restored
from commands.runbook.page import STAGES, Page, Part
from commands.signoff.waiting import Waiting, decision_pending, waiting_for
from commands.text.durations import format_duration
from commands.watch.countdown import Countdown, running_countdowns
from commands.watch.countdown import held_alerts as false_alarms
from commands.watch.criteria import CriterionStatus, Mark, criteria_status
from commands.watch.verdicts import CheckVerdict, Verdict, check_verdicts
from state.records import AttemptState, Record, RunState

MARKS = {Mark.GO: "GO   ", Mark.NO_GO: "NO-GO", Mark.OPEN: "open ", Mark.PEOPLE: "ask  "}


@dataclass(frozen=True, kw_only=True)
class Status:
    """Everything a tired person asks first. `clock` is T+ in the page's own time; `settled` of `total` steps are over.

    `counting` are the countdowns that would end in a rollback, `false_alarms` the alerts that are held now.
    `late` are the steps of the rollback that run longer than their share of its time; `lost` is what it has not restored
    when it is over, one sentence each.
    """

    run: int
    target: str
    title: str
    ref: str
    state: RunState
    stage: str
    doing: str
    settled: int
    total: int
    clock: timedelta
    waiting: tuple[Waiting, ...]
    held_by: str
    hold_reason: str
    reason: str
    loses: str
    checks: tuple[CheckVerdict, ...]
    criteria: tuple[CriterionStatus, ...]
    counting: tuple[Countdown, ...]
    false_alarms: tuple[Countdown, ...]
    rollback_left: timedelta | None
    late: tuple[StepPace, ...]
    lost: tuple[str, ...]
    speed: float


def status_of(page: Page, record: Record, now: datetime, usual: Mapping[str, UsualTime] | None = None) -> Status:
    """Sum a run up; `usual` is what its steps took in the runs before it."""
    stage, doing = _where(page, record)
    steps = (
        rollback_steps(page, record)
        if record.run.state in {RunState.ROLLING_BACK, RunState.ROLLED_BACK}
        else page.forward
    )
    rollback = record.rollback
    hold = hold_of(record)
    return Status(
        run=record.run.id,
        target=record.run.target,
        title=page.title,
        ref=record.run.ref,
        state=record.run.state,
        stage=stage,
        doing=doing,
        settled=sum(state_of(page, record, step) is StepState.SETTLED for step in steps),
        total=len(steps),
        clock=elapsed(record, now),
        waiting=waiting_for(page, record),
        held_by=hold.person if hold else "",
        hold_reason=hold.reason if hold else "",
        reason=rollback.reason if rollback else "",
        loses=record.run.rollback_loss,
        checks=check_verdicts(page, record),
        criteria=criteria_status(page, record),
        counting=running_countdowns(page, record),
        false_alarms=false_alarms(page, record, now),
        rollback_left=page.rollback.within - (now - rollback.at) if rollback and record.run.active else None,
        late=tuple(one for one in running_steps(page, record, usual or {}, now) if one.slow),
        lost=not_restored(page, record) if record.run.state == RunState.ROLLED_BACK else (),
        speed=record.run.speed,
    )


def _where(page: Page, record: Record) -> tuple[str, str]:
    if not record.run.active:
        return record.run.state.capitalize(), ""
    running = [row for row in record.attempts if row.state == AttemptState.RUNNING]
    steps = {step.id: step for step in page.steps}
    if record.run.state == RunState.GOING and record.keep:
        return "Decision", "KEEP was decided; the checks under way come to their end first"
    if decision_pending(record):
        going_on = "; the checks go on until then, and alerts count" if page.part(Part.WATCH) else ""
        return "Decision", f"KEEP or ROLLBACK{going_on}"
    if record.run.state == RunState.GOING and (row := record.last(WATCH)) and row.state == AttemptState.RUNNING:
        return STAGES[Part.WATCH], _checking([steps[r.step].title for r in running if r.step in steps])
    if record.run.state == RunState.ROLLING_BACK:
        doing = [row for row in running if row.step in steps and steps[row.step].part == Part.ROLLBACK]
        return STAGES[Part.ROLLBACK], " and ".join(steps[row.step].title for row in doing)
    current = next((s for s in page.forward if state_of(page, record, s) is not StepState.SETTLED), page.forward[-1])
    return STAGES[current.part], current.title


def _checking(titles: list[str]) -> str:
    """The checks under way: the first by name, the others by number."""
    # all titles of a tier begin with the same "Every 15 minutes:"
    names = [title.rpartition(": ")[2] for title in titles]
    return names[0] + (f" and {len(names) - 1} more" if len(names) > 1 else "") if names else ""


def progress_bar(settled: int, total: int, width: int = 12) -> str:
    """A bar of filled and empty blocks, readable without colour."""
    filled = round(width * settled / total) if total else 0
    return "▰" * filled + "▱" * (width - filled)


def status_lines(status: Status) -> list[str]:
    """The status in plain lines, for the terminal and for a screen reader."""
    lines = [f"Run {status.run} · {status.target} · {status.ref} · T+{format_duration(status.clock)}"]
    bar = progress_bar(status.settled, status.total)
    doing = f": {status.doing}" if status.doing else ""
    lines.append(f"{status.stage}{doing}  {bar} {status.settled}/{status.total}")
    if status.reason:
        lines.append(f"Rollback: {status.reason}")
    if status.rollback_left is not None:
        lines.append(_time_left(status.rollback_left))
    lines += [f"{one.title} is {one.excess}" for one in status.late]
    lines += [f"NOT restored: {one}" for one in status.lost]
    if status.loses and status.state == RunState.GOING:
        lines.append(f"Rolling back now loses {status.loses}")
    if status.held_by:
        lines.append(f"On hold by {status.held_by}: {status.hold_reason}")
    lines += [f"Waiting for {', '.join(w.roles)}: {w.title}" for w in status.waiting]
    lines += [f"ALERT {one.alert.name}: {one.seen}; rolls back at {one.ends:%H:%M:%S} UTC" for one in status.counting]
    lines += [f"held as a false alarm: {one.alert.name}, {_hold_of(one)}" for one in status.false_alarms]
    for check in status.checks:
        beside = f" ({check.beside})" if check.beside else ""
        lines.append(
            f"{check.verdict if check.verdict == Verdict.OK else check.verdict.upper()}: {check.title}: {check.summary}{beside}"
        )
    lines += [
        f"{MARKS[one.mark]} {one.text}: {one.evidence}" + "".join(f" (by {actor})" for actor in one.by)
        for one in status.criteria
    ]
    return lines


def _time_left(left: timedelta) -> str:
    seconds = round(left.total_seconds())
    return (
        f"Time left for it: {format_duration(seconds)}"
        if seconds >= 0
        else f"{format_duration(-seconds)} over the time that it may take"
    )


def _hold_of(one: Countdown) -> str:
    if not one.held or not one.held_until:
        return ""
    return f"by {one.held.person} until {one.held_until:%H:%M} UTC: {one.held.reason}"
