"""How long steps usually take, and reports of running steps that take longer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from commands.runbook.page import Page, PageStep, Part
from commands.text.durations import format_duration
from state.events import StepSlow
from state.frozen import dataclass
from state.records import AttemptState, NewEvent, Record, Run, RunState
from state.store import RecordStore

PAGE_FACTOR = 1.5  # a step is slow after this many times what the page expects
USUAL_FACTOR = 1.2  # or after this many times its slowest earlier attempt
GRACE = timedelta(seconds=30)  # but no step is slow before it takes this much longer than that
EARLIER_RUNS = 5  # how many count


@dataclass(frozen=True, kw_only=True)
class UsualTime:
    """How long a step usually takes: the seconds of its last successful attempts, newest first."""

    seconds: tuple[float, ...] = ()


def slow_after(step: PageStep, usual: UsualTime) -> timedelta | None:
    """How long a step may run before it is slow. None if nothing is known, or if it waits for people or for a time.

    Earlier runs say more than the page: their slowest attempt counts, with a margin.
    """
    if step.box.waits or step.part == Part.WATCH:
        return None
    if usual.seconds:
        slowest = timedelta(seconds=max(usual.seconds))
        return max(slowest * USUAL_FACTOR, slowest + GRACE)
    return max(step.box.takes * PAGE_FACTOR, step.box.takes + GRACE) if step.box.takes else None


def slow_at(page: Page, record: Record, usual: Mapping[str, UsualTime]) -> dict[tuple[str, int], datetime]:
    """When each running attempt becomes slow, by step and attempt. One that times out before that is left out."""
    steps = {step.id: step for step in page.steps}
    slow: dict[tuple[str, int], datetime] = {}
    for attempt in record.attempts:
        if attempt.state == AttemptState.RUNNING and (step := steps.get(attempt.step)):
            after = slow_after(step, usual.get(attempt.step, UsualTime()))
            if after is not None and after < step.box.limit:
                slow[attempt.step, attempt.attempt] = attempt.began_at + after
    return slow


def usual_times(runs: Sequence[Record]) -> dict[str, UsualTime]:
    """How long each step usually takes, from earlier runs of the same page, newest run first."""
    seconds: dict[str, list[float]] = {}
    for record in runs:
        for attempt in reversed(record.attempts):
            took = seconds.setdefault(attempt.step, [])
            if attempt.is_repeat:
                continue
            if attempt.state == AttemptState.DONE and attempt.ended_at and len(took) < EARLIER_RUNS:
                took.append((attempt.ended_at - attempt.began_at).total_seconds())
    return {step: UsualTime(seconds=tuple(took)) for step, took in seconds.items() if took}


def usual_times_before(store: RecordStore, run: Run) -> dict[str, UsualTime]:
    """How long a run's steps usually take, from the runs of the same page on the same target before it.

    Rollbacks are rare, so the newest runs that rolled back count besides the newest runs. Those that cannot be read
    count for nothing.
    """
    same = [other for other in store.runs_of(run.target) if other.page == run.page]
    earlier = [other for other in same if other.id < run.id]
    rolled_back = [other for other in earlier if other.state == RunState.ROLLED_BACK]
    numbers = {other.id for other in earlier[:EARLIER_RUNS] + rolled_back[:EARLIER_RUNS]}
    return usual_times(store.records(sorted(numbers, reverse=True)))


class SlowStepMonitor:
    """Reports the slow steps of one run, each attempt once."""

    def __init__(self, store: RecordStore, page: Page, run: int) -> None:
        self.store = store
        self.page = page
        self.number = run
        self._usual: dict[str, UsualTime] | None = None

    def report(self, record: Record, now: datetime) -> None:
        """Write an event for each attempt that has become slow."""
        usual = self.usual(record)
        for (step, attempt), moment in slow_at(self.page, record, usual).items():
            if moment <= now and (running := record.last(step)):
                seconds = usual.get(step, UsualTime()).seconds
                event = self._event(self.page.step(step), attempt, now - running.began_at, seconds)
                self.store.add_events(self.number, now, event)

    def due(self, record: Record, now: datetime) -> datetime | None:
        """When the next running attempt becomes slow."""
        moments = slow_at(self.page, record, self.usual(record)).values()
        return min((moment for moment in moments if moment > now), default=None)

    def usual(self, record: Record) -> Mapping[str, UsualTime]:
        """How long the steps of the run's page usually take, by the runs before it."""
        if self._usual is None:
            self._usual = usual_times_before(self.store, record.run)
        return self._usual

    def _event(self, step: PageStep, attempt: int, ran: timedelta, usual: tuple[float, ...]) -> NewEvent:
        if not usual:
            expected = f"the page expects {format_duration(step.box.takes)}"
        elif len(usual) == 1:
            expected = f"the last run took {format_duration(usual[0])}"
        else:
            expected = f"the last {len(usual)} runs took {format_duration(min(usual))} to {format_duration(max(usual))}"
        summary = (
            f"it has been running for {format_duration(ran)}; {expected}; "
            f"it times out after {format_duration(step.box.limit)}"
        )
        roles = tuple(sorted(step.box.roles())) or (self.page.decision.role,)
        slow = StepSlow(title=step.title, attempt=attempt, summary=summary, roles=roles)
        return NewEvent(step=step.id, data=slow, once=f"slow:{step.id}:{attempt}")
