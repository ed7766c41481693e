"""Slower than usual: when a running step takes longer than it should or ever did, told once while there is time to look."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from commands.runbook.page import Page, PageStep, Part
from commands.text.durations import format_duration
from state.events import StepSlow
from state.records import AttemptState, NewEvent, Record, Run, RunState
from state.sqlite.store import Store

FACTOR = 1.5  # times what the page says a step takes
LAST = 5  # earlier runs that count
GRACE = timedelta(seconds=30)  # what any step may take longer than ever without a word


@dataclass(frozen=True, kw_only=True)
class UsualTime:
    """What is usual for a step: the seconds that its last good attempts took, newest first."""

    seconds: tuple[float, ...] = ()


def slow_after(step: PageStep, usual: UsualTime) -> timedelta | None:
    """How long a step may run before it counts as slow; None where nothing is known, or where people are waited for.

    Earlier runs say more than the page: their slowest counts, and a little more than that is still usual.
    """
    if step.box.waits or step.part == Part.WATCH:
        return None
    if usual.seconds:
        slowest = timedelta(seconds=max(usual.seconds))
        return slowest + max(slowest * 0.2, GRACE)
    return max(step.box.takes * FACTOR, step.box.takes + GRACE) if step.box.takes else None


def slow_at(page: Page, record: Record, usual: Mapping[str, UsualTime]) -> dict[tuple[str, int], datetime]:
    """When each running attempt becomes slow, by step and attempt."""
    steps = {step.id: step for step in page.steps}
    found = {}
    for row in record.attempts:
        if row.state == AttemptState.RUNNING and (step := steps.get(row.step)):
            after = slow_after(step, usual.get(row.step, UsualTime()))
            if after is not None and after < step.box.limit:
                found[row.step, row.attempt] = row.began_at + after
    return found


def usual_times(runs: Sequence[Record]) -> dict[str, UsualTime]:
    """What is usual for each step, from earlier runs of the same page, newest first."""
    found: dict[str, list[float]] = {}
    for record in runs:
        for row in reversed(record.attempts):
            if row.state == AttemptState.DONE and row.ended_at and len(found.setdefault(row.step, [])) < LAST:
                found[row.step].append((row.ended_at - row.began_at).total_seconds())
    return {step: UsualTime(seconds=tuple(seconds)) for step, seconds in found.items()}


def usual_times_before(store: Store, run: Run) -> dict[str, UsualTime]:
    """What is usual for a run's steps, by the runs of the same page on the same target before it.

    A rollback is rare: the newest runs that went back count as well as the newest of all.
    """
    same = [one for one in store.runs() if (one.page, one.target) == (run.page, run.target) and one.id < run.id]
    wanted = {one.id for one in same[:LAST]} | {
        one.id for one in [r for r in same if r.state == RunState.ROLLED_BACK][:LAST]
    }
    return usual_times([store.record(number) for number in sorted(wanted, reverse=True)])


class SlowStepMonitor:
    """Tells of one run's slow steps, each attempt once."""

    def __init__(self, store: Store, page: Page, run: int) -> None:
        self.store = store
        self.page = page
        self.number = run
        self._usual: dict[str, UsualTime] | None = None

    def tell(self, record: Record, now: datetime) -> None:
        """Write an event for each attempt that has become slow."""
        for (name, attempt), due in self._moments(record).items():
            if due <= now and (row := record.last(name)):
                self.store.add_events(self.number, now, self._news(self.page.step(name), attempt, now - row.began_at))

    def due(self, record: Record, now: datetime) -> datetime | None:
        """When the next attempt becomes slow, if it runs on till then."""
        return min((moment for moment in self._moments(record).values() if moment > now), default=None)

    def usual(self, record: Record) -> Mapping[str, UsualTime]:
        """What is usual for the steps of a run's page, by the runs before it."""
        if self._usual is None:
            self._usual = usual_times_before(self.store, record.run)
        return self._usual

    def _moments(self, record: Record) -> dict[tuple[str, int], datetime]:
        return slow_at(self.page, record, self.usual(record))

    def _news(self, step: PageStep, attempt: int, ran: timedelta) -> NewEvent:
        usual = (self._usual or {}).get(step.id, UsualTime()).seconds
        if usual:
            words = (
                f"in the last {len(usual)} runs it took {format_duration(min(usual))} to {format_duration(max(usual))}"
            )
            words = words if len(usual) > 1 else f"in the last run it took {format_duration(usual[0])}"
        else:
            words = f"the page says {format_duration(step.box.takes)}"
        summary = f"it runs for {format_duration(ran)}, {words}; after {format_duration(step.box.limit)} it is given up"
        roles = tuple(sorted(step.box.roles())) or (self.page.decision.role,)
        told = StepSlow(title=step.title, attempt=attempt, summary=summary, roles=roles)
        return NewEvent(step=step.id, data=told, once=f"slow:{step.id}:{attempt}")
