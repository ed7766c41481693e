"""Notices that a run was changed from outside: continuing waits for people, a rollback not."""

from __future__ import annotations

import itertools
import logging
import time
from datetime import datetime

from commands.runbook.page import Page
from state.errors import Refused
from state.events import RecordChanged
from state.facts import BOT, Hold, shortened
from state.journal import Change, EntryKind, Head
from state.records import NewEvent, Record, Run, RunState
from state.store import RecordStore

LOG = logging.getLogger("gonogo.runner")
RECHECK = 30.0  # seconds after which the whole record is checked again, though no other process wrote to it


class RecordGuard:
    """Checks a run's record whenever another process wrote to it, before anything is done because of it.

    It remembers how far the journal was written, so that an earlier copy of the file does not pass for the record.
    """

    def __init__(self, store: RecordStore, page: Page, run: int) -> None:
        self._store = store
        self._page = page
        self._run = run
        self._known: Head | None = None
        self._reported: set[str] | None = None  # the changes that were told of, read from the record at the first one
        self._version: int | None = None  # of the file, by the writes of other processes, when it was checked
        self._checked_at = time.monotonic()

    def due(self) -> bool:
        """Whether the record was last checked so long ago that it is checked again, whoever wrote to it."""
        return time.monotonic() - self._checked_at >= RECHECK

    def check(self, record: Record, version: int, now: datetime) -> bool:
        """Check the record if need be. `version` is the file's, by the writes of others. True if a change was found."""
        if version == self._version and not self.due():
            return False
        changes, self._known = self._store.check(self._run, self._known)
        self._version, self._checked_at = version, time.monotonic()
        new = self._new(changes) if changes else []
        if new:
            self._report(record, new, now)
        return bool(new)

    def _new(self, changes: list[Change]) -> list[Change]:
        """The changes that were not told of, also by the bot before its last start."""
        if self._reported is None:
            self._reported = set(self._store.reported(self._run))
        new = [change for change in changes if change.finding not in self._reported]
        self._reported |= {change.finding for change in new}
        return new

    def _report(self, record: Record, changes: list[Change], now: datetime) -> None:
        """Write that the record was changed, and put the run on hold if it has not begun to roll back."""
        first = changes[0].summary
        LOG.error("run %s: the record was changed from outside: %s", self._run, first)
        holds = record.run.state == RunState.GOING and not record.rollback
        roles = (self._page.decision.role,)
        findings = tuple(change.finding for change in changes)
        event = NewEvent(
            data=RecordChanged(summary=first, number=len(changes), held=holds, roles=roles, findings=findings)
        )
        if not holds:
            self._store.add_events(self._run, now, event)
            return
        reason = shortened(f"the record of this run was changed from outside: {first}")
        # somebody may have put holds there whose numbers are taken
        for number in itertools.count(sum(isinstance(fact, Hold) for fact in record.facts)):
            if self._store.add_fact(self._run, Hold(by=BOT, at=now, number=number, reason=reason), event):
                return


def require_true_run(store: RecordStore, run: Run, now: datetime) -> None:
    """Raise Refused if somebody changed the run's page, put the run there, or put it back from another state.

    Nothing of such a run may be carried out. A state without any entry is let through: it can only be a rollback's.
    """
    for change in store.changes(run.id):
        state = change.kind == EntryKind.MOVE and change.number
        if change.certain and (state or change.kind == EntryKind.RUN):
            event = RecordChanged(summary=change.summary, refused=True)
            store.add_events(run.id, now, NewEvent(data=event, once="record: refused"))
            raise Refused(
                f"{change.summary}. The bot carries it on no further, not even the rollback, because it cannot know "
                "what that would do. Put the record back as it was, or roll back by hand and close the run with "
                "`gonogo end`"
            )
