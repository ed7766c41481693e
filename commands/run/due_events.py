"""What a run reports by the clock: status posts, slow steps, reminders, the rollback's time."""

from __future__ import annotations

from datetime import datetime

from commands.progress.usual_time import SlowStepMonitor
from commands.report.status_posts import StatusPosts
from commands.rollback import budget
from commands.runbook.page import Page
from commands.signoff import handover, reminders
from state.records import Record
from state.store import RecordStore


class DueEvents:
    """Writes these events of one run when they are due."""

    def __init__(self, store: RecordStore, page: Page, run: int) -> None:
        self.store = store
        self.page = page
        self.number = run
        self.posts = StatusPosts(store, page, run)
        self._slow = SlowStepMonitor(store, page, run)

    def write(self, record: Record, now: datetime) -> None:
        """Write what is due now; nothing for a run that is over."""
        if not self.store.run(self.number).active:
            return
        self.posts.write_due(record, now)
        self._slow.report(record, now)
        handover.expire(self.store, self.page, self.number, record, now)
        events = reminders.due_reminders(self.page, record, now)
        events += budget.due_budget_events(self.page, record, self._slow.usual(record), now)
        if events:
            self.store.add_events(self.number, now, *events)

    def next_at(self, record: Record, now: datetime) -> datetime:
        """When the next of them is due."""
        due = (
            self.posts.due(record, now),
            self._slow.due(record, now),
            reminders.due(self.page, record, now),
            budget.due(self.page, record, now),
            handover.next_expiry(record),
        )
        return min(moment for moment in due if moment)
