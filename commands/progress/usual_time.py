"""Slower than usual: when a running step takes longer than it should or ever did, told once while there is time to look."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from commands.progress.clock import moment
from commands.runbook.page import Page, PageStep
from commands.text.durations import say
from state.records import DONE, ROLLED_BACK, RUNNING, News, Record, Run
from state.sqlite.store import Store

FACTOR = 1.5  # times what the page says a step takes
LAST = 5  # earlier runs that count
GRACE = timedelta(seconds=30)  # what any step may take longer than ever without a word


@dataclass(frozen=True, kw_only=True)
class Usual:
    """What is usual for a step: the seconds that its last good attempts took, newest first."""

    seconds: tuple[float, ...] = ()


def slow_after(step: PageStep, usual: Usual) -> timedelta | None:
    """How long a step may run before it counts as slow; None where nothing is known, or where people are waited for.

    Earlier runs say more than the page: their slowest counts, and a little more than that is still usual.
    """
    if step.box.waits or step.part == "watch":
        return None
    if usual.seconds:
        slowest = timedelta(seconds=max(usual.seconds))
        return slowest + max(slowest * 0.2, GRACE)
    return max(step.box.takes * FACTOR, step.box.takes + GRACE) if step.box.takes else None


def slow_at(page: Page, record: Record, usual: Mapping[str, Usual]) -> dict[tuple[str, int], datetime]:
    """When each running attempt becomes slow, by step and attempt."""
    steps = {step.id: step for step in page.steps}
    found = {}
    for row in record.steps:
        if row.state == RUNNING and (step := steps.get(row.step)):
            after = slow_after(step, usual.get(row.step, Usual()))
            if after is not None and after < step.box.limit:
                found[row.step, row.attempt] = moment(record, row) + after
    return found


def usual_of(runs: Sequence[Record]) -> dict[str, Usual]:
    """What is usual for each step, from earlier runs of the same page, newest first."""
    found: dict[str, list[float]] = {}
    for record in runs:
        for row in reversed(record.steps):
            if row.state == DONE and row.ended_at and len(found.setdefault(row.step, [])) < LAST:
                found[row.step].append((row.ended_at - row.began_at).total_seconds())
    return {step: Usual(seconds=tuple(seconds)) for step, seconds in found.items()}


def usual_before(store: Store, run: Run) -> dict[str, Usual]:
    """What is usual for a run's steps, by the runs of the same page on the same target before it.

    A rollback is rare: the newest runs that went back count as well as the newest of all.
    """
    same = [one for one in store.runs() if (one.page, one.target) == (run.page, run.target) and one.id < run.id]
    wanted = {one.id for one in same[:LAST]} | {one.id for one in [r for r in same if r.state == ROLLED_BACK][:LAST]}
    return usual_of([store.record(number) for number in sorted(wanted, reverse=True)])


class SlowWatch:
    """Tells of one run's slow steps, each attempt once."""

    def __init__(self, store: Store, page: Page, run: int) -> None:
        self.store = store
        self.page = page
        self.number = run
        self._usual: dict[str, Usual] | None = None

    def tell(self, record: Record, now: datetime) -> None:
        """Write an event for each attempt that has become slow."""
        for (name, attempt), due in self._moments(record).items():
            if due <= now and (row := record.last(name)):
                self.store.tell(self.number, now, self._news(self.page.step(name), attempt, now - moment(record, row)))

    def due(self, record: Record, now: datetime) -> datetime | None:
        """When the next attempt becomes slow, if it runs on till then."""
        return min((moment for moment in self._moments(record).values() if moment > now), default=None)

    def usual(self, record: Record) -> Mapping[str, Usual]:
        """What is usual for the steps of a run's page, by the runs before it."""
        if self._usual is None:
            self._usual = usual_before(self.store, record.run)
        return self._usual

    def _moments(self, record: Record) -> dict[tuple[str, int], datetime]:
        return slow_at(self.page, record, self.usual(record))

    def _news(self, step: PageStep, attempt: int, ran: timedelta) -> News:
        usual = (self._usual or {}).get(step.id, Usual()).seconds
        if usual:
            words = f"in the last {len(usual)} runs it took {say(min(usual))} to {say(max(usual))}"
            words = words if len(usual) > 1 else f"in the last run it took {say(usual[0])}"
        else:
            words = f"the page says {say(step.box.takes)}"
        says = f"it runs for {say(ran)}, {words}; after {say(step.box.limit)} it is given up"
        roles = sorted(step.box.roles()) or [self.page.decision.role]
        data = {"title": step.title, "attempt": attempt, "says": says, "roles": roles}
        return News(kind="slow", step=step.id, data=data, once=f"slow:{step.id}:{attempt}")
