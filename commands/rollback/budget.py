"""The rollback's time budget: each step's share of it, and the warnings at 50, 80 and 100 %."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from commands.progress.rollback_steps import rollback_steps
from commands.progress.step_state import AFTER_ROLLBACK, StepState, state_of
from commands.progress.usual_time import UsualTime
from commands.runbook.page import Page, PageStep
from commands.signoff.waiting import waiting_for
from commands.text.durations import format_duration
from state.events import RollbackBudget
from state.frozen import dataclass
from state.records import AttemptState, NewEvent, Record, RunState

MARKS = (50, 80, 100)  # percent of the time budget
DEFAULT_DURATION = timedelta(seconds=20)  # of a step that neither an earlier run nor the page tells anything about


@dataclass(frozen=True, kw_only=True)
class StepPace:
    """A running step: how long it has run, and its share of the time budget."""

    title: str
    ran: timedelta
    share: timedelta

    @property
    def slow(self) -> bool:
        """Whether it has used more than its share."""
        return self.ran > self.share

    @property
    def excess(self) -> str:
        """By how much it is over its share, in words."""
        over, share = ((self.ran - self.share).total_seconds(), self.share.total_seconds())
        return f"{format_duration(round(over))} over its share of {format_duration(round(share))}"


def shares(
    page: Page, record: Record, steps: Sequence[PageStep], usual: Mapping[str, UsualTime]
) -> dict[str, timedelta]:
    """Each step's share of the time budget, by step id, in proportion to its expected duration.

    That is its slowest time in earlier runs; else its time in this run's rehearsal or the page's, whichever is longer.
    """
    rehearsed = _rehearsed_durations(page, record)
    expected = {step.id: _expected_duration(step, usual, rehearsed) for step in steps}
    total = sum(expected.values(), timedelta(0))
    return {step: page.rollback.within * (duration / total) for step, duration in expected.items()}


def _expected_duration(step: PageStep, usual: Mapping[str, UsualTime], rehearsed: Mapping[str, timedelta]) -> timedelta:
    if seconds := usual.get(step.id, UsualTime()).seconds:
        return timedelta(seconds=max(*seconds, 1))
    # the copy has no locks to wait for and no checksum to make: production takes at least as long
    return max(rehearsed.get(step.id, timedelta(0)), step.box.takes or DEFAULT_DURATION)


def _rehearsed_durations(page: Page, record: Record) -> dict[str, timedelta]:
    """How long the rollback's steps took on the copy of the backup, if this run rehearsed them."""
    boxes = {step.id: step.box for step in page.steps}
    durations: dict[str, timedelta] = {}
    for step in page.steps:
        if attempt := record.last(step.id):
            durations |= step.box.rehearsed_durations(boxes, attempt.measures)
    return durations


def running_steps(page: Page, record: Record, usual: Mapping[str, UsualTime], now: datetime) -> tuple[StepPace, ...]:
    """The steps of the rollback that are running, the one furthest over its share first."""
    steps = rollback_steps(page, record)
    share = shares(page, record, steps, usual)
    paces = [
        StepPace(title=step.title, ran=now - attempt.began_at, share=share[step.id])
        for step in steps
        if (attempt := record.last(step.id)) and attempt.state == AttemptState.RUNNING
    ]
    return tuple(sorted(paces, key=lambda pace: pace.share - pace.ran))


def due_budget_events(page: Page, record: Record, usual: Mapping[str, UsualTime], now: datetime) -> list[NewEvent]:
    """The event for the highest mark that has passed. Each mark is reported once."""
    requested = _requested_at(record)
    if requested is None:
        return []
    passed = [mark for mark in MARKS if _time_of(page, requested, mark) <= now]
    return [_budget_event(page, record, usual, passed[-1], requested, now)] if passed else []


def due(page: Page, record: Record, now: datetime) -> datetime | None:
    """When the next mark is reached if the rollback is still running then."""
    requested = _requested_at(record)
    if requested is None:
        return None
    times = (_time_of(page, requested, mark) for mark in MARKS)
    return min((time for time in times if time > now), default=None)


def _requested_at(record: Record) -> datetime | None:
    """When the rollback that is running was requested; None if none is running."""
    rolling_back = record.run.state == RunState.ROLLING_BACK and not record.last(AFTER_ROLLBACK)
    return record.rollback.at if rolling_back and record.rollback else None


def _time_of(page: Page, requested: datetime, mark: int) -> datetime:
    return requested + page.rollback.within * mark / 100


def _budget_event(
    page: Page, record: Record, usual: Mapping[str, UsualTime], mark: int, requested: datetime, now: datetime
) -> NewEvent:
    running = running_steps(page, record, usual, now)
    left = [
        step.title for step in rollback_steps(page, record) if state_of(page, record, step) is not StepState.SETTLED
    ]
    budget = RollbackBudget(
        mark=mark,
        within=format_duration(page.rollback.within),
        ran=format_duration(round((now - requested).total_seconds())),
        doing=(*_waiting_lines(page, record), *map(_running_line, running)),
        left=tuple(left),
        roles=_called_roles(page, mark),
    )
    return NewEvent(data=budget, once=f"budget:{mark}")


def _waiting_lines(page: Page, record: Record) -> list[str]:
    """The steps that are waiting for people. They come first, because nothing is slower."""
    return [
        f"{waiting.title}: waiting for {', '.join(page.roles[role].title for role in waiting.roles)}"
        for waiting in waiting_for(page, record)
    ]


def _running_line(pace: StepPace) -> str:
    excess = f", {pace.excess}" if pace.slow else ""
    return f"{pace.title}: running for {format_duration(round(pace.ran.total_seconds()))}{excess}"


def _called_roles(page: Page, mark: int) -> tuple[str, ...]:
    """Nobody at half the time, then the deciding role, at the end every role."""
    return {50: (), 80: (page.decision.role,)}.get(mark, tuple(page.roles))
