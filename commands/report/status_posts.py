"""The status posts of a run: one every `status_every`, each posted once."""

from __future__ import annotations

from datetime import datetime, timedelta

from commands.progress.clock import elapsed
from commands.progress.step_state import WATCH
from commands.runbook.page import Page
from commands.text.durations import format_duration
from state.events import StatusDue
from state.records import AttemptState, NewEvent, Record
from state.store import RecordStore

LATE = timedelta(seconds=1)  # a post that is later than this says so


class StatusPosts:
    """Writes the status posts of one run when they are due."""

    def __init__(self, store: RecordStore, page: Page, run: int) -> None:
        self.store = store
        self.page = page
        self.run = run
        self._posted = 0  # the number of the newest post; post n is due at n times `status_every`

    def take_over(self, record: Record, now: datetime) -> None:
        """Skip the posts that were due while no bot served the run, but for the newest."""
        self._posted = max(0, int(elapsed(record, now) / self.page.runbook.status_every) - 1)

    def write_due(self, record: Record, now: datetime) -> None:
        """Write the newest post that is due, if any."""
        due = int(elapsed(record, now) / self.page.runbook.status_every)
        if due > self._posted:
            self._posted = due
            late = (elapsed(record, now) - self.page.runbook.status_every * due) / _speed(record)
            data = StatusDue(slot=due, late=format_duration(round(late.total_seconds())) if late > LATE else "")
            self.store.add_events(self.run, now, NewEvent(data=data, once=f"status:{due}"))

    def due(self, record: Record, now: datetime) -> datetime:
        """When the next post is due."""
        left = self.page.runbook.status_every * (self._posted + 1) - elapsed(record, now)
        return now + max(left / _speed(record), timedelta(0))


def lateness(page: Page, record: Record, newest: int, posted_at: datetime | None, now: datetime) -> timedelta:
    """How late the last status post was; how late it is by now, where one is due and not posted.

    `newest` is the number of the newest post that was written, 0 without one. `posted_at` is when people could read
    it; None while they cannot.
    """
    every, speed = page.runbook.status_every, _speed(record)
    due = newest if newest and posted_at is None else newest + 1
    overdue = elapsed(record, now) - every * due
    if overdue > timedelta(0):
        return overdue / speed
    if not newest or posted_at is None:
        return timedelta(0)
    return max((elapsed(record, now) - every * newest) / speed - (now - posted_at), timedelta(0))


def _speed(record: Record) -> float:
    """How many seconds of T+ pass in one second now: the run's speed during the watch, else 1."""
    watching = (attempt := record.last(WATCH)) is not None and attempt.state == AttemptState.RUNNING
    return record.run.speed if watching else 1.0
