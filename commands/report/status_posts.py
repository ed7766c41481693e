"""The status posts: one every so often by the page's clock, each once, and late ones marked as such."""

from __future__ import annotations

from datetime import datetime, timedelta

from commands.progress.clock import elapsed
from commands.progress.step_state import WATCH
from commands.runbook.page import Page
from commands.text.durations import format_duration
from state.events import StatusDue
from state.records import AttemptState, NewEvent, Record
from state.sqlite.store import Store

LATE = timedelta(seconds=1)  # a post that comes later than that after its moment says so


class StatusPosts:
    """Tells of one run's status posts."""

    def __init__(self, store: Store, page: Page, run: int) -> None:
        self.store = store
        self.page = page
        self.number = run
        self._slot = 0

    def take_over(self, record: Record, now: datetime) -> None:
        """Of those that were due while nobody looked after the run, only the newest is told."""
        self._slot = max(0, int(elapsed(record, now) / self.page.runbook.status_every) - 1)

    def tell(self, record: Record, now: datetime) -> None:
        """Write the post that is due, if one is."""
        slot = int(elapsed(record, now) / self.page.runbook.status_every)
        if slot > self._slot:
            self._slot = slot
            late = (elapsed(record, now) - self.page.runbook.status_every * slot) / _pace(record)
            data = StatusDue(slot=slot, late=format_duration(round(late.total_seconds())) if late > LATE else "")
            self.store.add_events(self.number, now, NewEvent(data=data, once=f"status:{slot}"))

    def due(self, record: Record, now: datetime) -> datetime:
        """When the next post is due."""
        left = self.page.runbook.status_every * (self._slot + 1) - elapsed(record, now)
        return now + max(left / _pace(record), timedelta(0))


def _pace(record: Record) -> float:
    """How many seconds of the page pass in one of the wall."""
    watching = (row := record.last(WATCH)) is not None and row.state == AttemptState.RUNNING
    return record.run.speed if watching else 1.0
