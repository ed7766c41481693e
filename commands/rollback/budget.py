"""Rollback against the clock: each step's share of the time it may take, and who is told at 50, 80 and 100 %."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from commands.progress.step_state import StepState, state_of
from commands.progress.usual_time import UsualTime
from commands.rollback.order import rollback_steps
from commands.runbook.page import Page, PageStep
from commands.signoff.waiting import waiting_for
from commands.text.durations import format_duration
from state.events import RollbackBudget
from state.records import AttemptState, NewEvent, Record, RunState

MARKS = (50, 80, 100)  # percent of the time that a rollback may take
PLAIN = timedelta(seconds=20)  # what a step counts for that neither ran before nor says how long it takes


@dataclass(frozen=True, kw_only=True)
class StepPace:
    """One step under way: how long it has run, and its share of the whole time."""

    title: str
    ran: timedelta
    share: timedelta

    @property
    def slow(self) -> bool:
        """Whether it is over its share."""
        return self.ran > self.share

    @property
    def excess(self) -> str:
        """By how much it is over its share, in words."""
        over, share = ((self.ran - self.share).total_seconds(), self.share.total_seconds())
        return f"{format_duration(round(over))} over its share of {format_duration(round(share))}"


def shares(
    page: Page, record: Record, steps: Sequence[PageStep], usual: Mapping[str, UsualTime]
) -> dict[str, timedelta]:
    """Each step's share of the time that the rollback may take.

    By what it took in earlier runs; or else on the copy, in this run's rehearsal; or by the page.
    """
    rehearsed = _rehearsed(page, record)
    took = {step.id: _took(step, usual, rehearsed) for step in steps}
    whole = sum(took.values(), timedelta(0)) or timedelta(seconds=1)
    return {step: page.rollback.within * (one / whole) for step, one in took.items()}


def _took(step: PageStep, usual: Mapping[str, UsualTime], rehearsed: Mapping[str, timedelta]) -> timedelta:
    if seconds := usual.get(step.id, UsualTime()).seconds:
        return timedelta(seconds=max(*seconds, 1))
    # on the copy nobody waits for locks, nor for the backup's checksum: production takes longer, and never less
    return max(rehearsed.get(step.id, timedelta(0)), step.box.takes or PLAIN)


def _rehearsed(page: Page, record: Record) -> dict[str, timedelta]:
    """What the steps of the rollback took on the copy of the backup, where this run rehearsed them."""
    boxes = {step.id: step.box for step in page.steps}
    found: dict[str, timedelta] = {}
    for step in page.steps:
        if row := record.last(step.id):
            found |= step.box.rehearsed_durations(boxes, row.measures)
    return found


def running_steps(page: Page, record: Record, usual: Mapping[str, UsualTime], now: datetime) -> tuple[StepPace, ...]:
    """The steps of the rollback that run now, the slowest beside its share first."""
    steps = rollback_steps(page, record)
    share = shares(page, record, steps, usual)
    found = [
        StepPace(title=step.title, ran=now - row.began_at, share=share[step.id])
        for step in steps
        if (row := record.last(step.id)) and row.state == AttemptState.RUNNING
    ]
    return tuple(sorted(found, key=lambda pace: pace.share - pace.ran))


def due_budget_events(page: Page, record: Record, usual: Mapping[str, UsualTime], now: datetime) -> list[NewEvent]:
    """What must be told now of the rollback's time: the highest mark that is past, once each."""
    past = [mark for mark in MARKS if (due := _due(page, record, mark)) and due <= now]
    return [_used(page, record, usual, past[-1], now)] if past else []


def due(page: Page, record: Record, now: datetime) -> datetime | None:
    """When the next mark is reached, if the rollback goes on till then."""
    times = (_due(page, record, mark) for mark in MARKS)
    return min((time for time in times if time and time > now), default=None)


def _due(page: Page, record: Record, mark: int) -> datetime | None:
    asked = record.rollback
    if record.run.state != RunState.ROLLING_BACK or asked is None:
        return None
    return asked.at + page.rollback.within * mark / 100


def _used(page: Page, record: Record, usual: Mapping[str, UsualTime], mark: int, now: datetime) -> NewEvent:
    asked = record.rollback
    running = running_steps(page, record, usual, now)
    left = [
        step.title for step in rollback_steps(page, record) if state_of(page, record, step) is not StepState.SETTLED
    ]
    told = RollbackBudget(
        mark=mark,
        within=format_duration(page.rollback.within),
        ran=format_duration(timedelta(seconds=round((now - asked.at).total_seconds()))) if asked else "",
        doing=(
            *_waits(page, record),
            *(f"{one.title}: for {format_duration(round(one.ran.total_seconds()))}{_over(one)}" for one in running),
        ),
        left=tuple(left),
        roles=_roles(page, mark),
    )
    return NewEvent(data=told, once=f"budget:{mark}")


def _waits(page: Page, record: Record) -> list[str]:
    """What stands still until somebody says a word: nothing is slower than that."""
    return [
        f"{one.title}: waits for the word of {', '.join(page.roles[role].title for role in one.roles)}"
        for one in waiting_for(page, record)
    ]


def _over(one: StepPace) -> str:
    return f", {one.excess}" if one.slow else ""


def _roles(page: Page, mark: int) -> tuple[str, ...]:
    """Who is told: at half of it nobody is called, then who decides, and at its end everybody."""
    return {50: (), 80: (page.decision.role,)}.get(mark, tuple(page.roles))
