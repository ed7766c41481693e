"""The loss watch: what a rollback would lose right now, asked of the database again and again while production differs from before."""

from __future__ import annotations

import threading
from datetime import UTC

from commands.ports.tools import Tools
from commands.progress.step_state import production_changed_at
from commands.runbook.page import Loses, Page
from commands.steps.values import fill
from commands.text.durations import format_duration
from state.errors import BadRecord, ToolError
from state.records import Record, RunState
from state.sqlite.store import Store

EVERY = 15.0  # seconds between two askings; divided by the run's speed, but at least LEAST
LEAST = 2.0


class LossMonitor:
    """Keeps `Run.loses` true from the first change of production until the rollback begins or the run ends."""

    def __init__(self, store: Store, page: Page, run: int, tools: Tools) -> None:
        self.store = store
        self.page = page
        self.number = run
        self.tools = tools
        self._over = threading.Event()

    def start(self) -> None:
        """Begin, where the page has such a query."""
        if self.page.rollback.loses:
            threading.Thread(target=self._loop, name=f"{self.number}-loses", daemon=True).start()

    def stop(self) -> None:
        """End; an asking under way writes nothing any more."""
        self._over.set()

    def _loop(self) -> None:
        wait = 0.0
        while not self._over.wait(wait) and self.page.rollback.loses:
            try:
                record = self.store.record(self.number)
                if record.run.state != RunState.GOING or record.rollback:
                    return
                wait = max(LEAST, EVERY / record.run.speed)
                self._ask(self.page.rollback.loses, record)
            except BadRecord:
                # the record is closed while we leave; anything else the runner's own loop says
                wait = LEAST

    def _ask(self, loses: Loses, record: Record) -> None:
        since = production_changed_at(self.page, record)
        if since is None:
            return
        moment = f"'{since.astimezone(UTC).isoformat()}'::timestamptz"
        try:
            rows = self.tools.database.query(loses.database, fill(loses.sql, {"since": moment}), limit=10).rows
            said = f"{rows[0][0]} {fill(loses.says, {'since': f'T+{format_duration(since - record.run.began_at)}'})}"
        except (ToolError, IndexError) as error:
            said = (
                f"an unknown number of {fill(loses.says, {'since': 'the change'})} ({str(error)[:120] or 'no answer'})"
            )
        if not self._over.is_set() and said != record.run.rollback_loss:
            self.store.set_rollback_loss(self.number, said)
