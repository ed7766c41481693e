"""The loss monitor: asks the database again and again what a rollback would lose right now."""

from __future__ import annotations

import threading
from datetime import UTC

from commands.ports.page_text import PageText
from commands.ports.tools import Tools
from commands.progress.step_state import production_changed_at
from commands.runbook.page import Loses, Page
from commands.steps.values import fill
from commands.text.durations import format_duration
from state.errors import BadRecord, ToolError
from state.records import Record, RunState
from state.sqlite.store import Store

INTERVAL = 15.0  # seconds between two queries; divided by the run's speed
SHORTEST_INTERVAL = 2.0  # seconds, at any speed
LONGEST_ERROR = 120  # characters of a database's error that are shown


class LossMonitor:
    """Keeps `Run.rollback_loss` up to date from the first change of production until the rollback or the run's end."""

    def __init__(self, store: Store, page: Page, run: int, tools: Tools) -> None:
        self.store = store
        self.page = page
        self.number = run
        self.tools = tools
        self._stopped = threading.Event()

    def start(self) -> None:
        """Start the monitor's thread if the page has such a query."""
        if self.page.rollback.loses:
            threading.Thread(target=self._loop, name=f"{self.number}-loses", daemon=True).start()

    def stop(self) -> None:
        """Stop the monitor. The result of a query that is still running is not written."""
        self._stopped.set()

    def _loop(self) -> None:
        wait = 0.0
        while not self._stopped.wait(wait) and self.page.rollback.loses:
            try:
                record = self.store.record(self.number)
                if record.run.state != RunState.GOING or record.rollback:
                    return
                wait = max(SHORTEST_INTERVAL, INTERVAL / record.run.speed)
                self._update(self.page.rollback.loses, record)
            except BadRecord:
                # the store is closed when the bot stops; any other trouble with it is reported by the run's own loop
                wait = SHORTEST_INTERVAL

    def _update(self, query: Loses, record: Record) -> None:
        since = production_changed_at(self.page, record)
        if since is None:
            return
        sql = PageText(
            # a quoted '<since>' is the same place
            query.sql.replace("'<since>'", "<since>").replace("<since>", "<since>::timestamptz"),
            {"since": since.astimezone(UTC).isoformat()},
        )
        try:
            rows = self.tools.database.query(query.database, sql, limit=10).rows
            loss = f"{rows[0][0]} {fill(query.says, {'since': f'T+{format_duration(since - record.run.began_at)}'})}"
        except ToolError as error:
            loss = _unknown(query, str(error)[:LONGEST_ERROR])
        except IndexError:
            loss = _unknown(query, "the query returned nothing")
        if not self._stopped.is_set() and loss != record.run.rollback_loss:
            self.store.set_rollback_loss(self.number, loss)


def _unknown(query: Loses, reason: str) -> str:
    """The words for a number that is not known, which must not read like zero."""
    return f"an unknown number of {fill(query.says, {'since': 'the change'})} ({reason or 'no answer'})"
