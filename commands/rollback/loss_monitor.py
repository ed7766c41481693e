"""The loss monitor: counts again and again what a rollback would lose right now."""

from __future__ import annotations

from commands.rollback.loss import change_of, count, error_in_words, loss_in_words, unknown_in_words
from commands.rollback.monitor import Monitor
from commands.runbook.head_boxes import Loses
from state.errors import BadRecord, ToolError
from state.records import Record, RunState

INTERVAL = 15.0  # seconds between two queries; divided by the run's speed
SHORTEST_INTERVAL = 2.0  # seconds, at any speed


class LossMonitor(Monitor):
    """Keeps `Run.rollback_loss` up to date from the change on until the rollback or the run's end."""

    name = "loses"

    def start(self) -> None:
        """Start the monitor's thread if the page has such a query."""
        if self.page.rollback.loses:
            super().start()

    def _loop(self) -> None:
        wait = 0.0
        while not self._stopped.wait(wait) and self.page.rollback.loses:
            try:
                record = self._last_read.record()
                if record.run.state != RunState.GOING or record.rollback:
                    return
                wait = max(SHORTEST_INTERVAL, INTERVAL / record.run.speed)
                loss = self._loss_now(self.page.rollback.loses, record)
                if not self._stopped.is_set() and loss != record.run.rollback_loss:
                    self.store.set_rollback_loss(self.number, loss)
            except BadRecord:
                # the store is closed when the bot stops; any other trouble with it is reported by the run's own loop
                wait = SHORTEST_INTERVAL

    def _loss_now(self, loses: Loses, record: Record) -> str:
        """What a rollback would lose now, in words; empty before the change."""
        change = change_of(self.page, record, loses)
        if change.why or not change.is_there:
            return unknown_in_words(loses, change.why) if change.why else ""
        try:
            number = count(self.tools, record, self.page, loses)
        except ToolError as error:
            return unknown_in_words(loses, error_in_words(error))
        return loss_in_words(self.page, record, loses, number - change.made)
