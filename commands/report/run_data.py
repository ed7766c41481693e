"""One reading of a run's record: its attempts by step, its moments on the page's own clock, and what its checks measured."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

from commands.progress.step_state import WATCH
from commands.runbook.alert_rule import AlertRule, Level
from commands.runbook.page import Page, Part
from commands.watch.alerts import has_enough
from commands.watch.baseline import baseline_of_run, baseline_value
from state.records import Attempt, AttemptState, Record


def measured(row: Attempt) -> Mapping[str, float]:
    """What an attempt measured, by name; nothing where it has not ended or nobody knows how."""
    return row.measures if row.state in {AttemptState.DONE, AttemptState.FAILED} else {}


class RunData:
    """A record read once, so that a run of ten thousand attempts is still summed up in a moment."""

    def __init__(self, page: Page, record: Record) -> None:
        self.page = page
        self.record = record
        self.rows: dict[str, list[Attempt]] = {}
        for row in record.attempts:
            self.rows.setdefault(row.step, []).append(row)
        # a check of the watch that is asked before that measures what is usual
        changing = {step.id for step in (*page.part(Part.DEPLOY), *page.part(Part.SMOKE_TESTS))}
        self.changed_at = min((row.began_at for row in record.attempts if row.step in changing), default=None)
        self._watch = record.last(WATCH)
        self._back = record.rollback

    def attempts(self, step: str) -> list[Attempt]:
        """The attempts at a step, oldest first."""
        return self.rows.get(step, [])

    def t_plus(self, at: datetime) -> timedelta:
        """T+ of a moment in the page's time: the time of the watch, which a rollback cuts short, is multiplied by the run's speed."""
        run, watch = self.record.run, self._watch
        passed = at - run.began_at
        if watch is None or at <= watch.began_at:
            return passed
        end = (self._back.at if self._back else None) or watch.ended_at or run.ended_at or at
        return passed + max(min(at, end) - watch.began_at, timedelta(0)) * (run.speed - 1)

    def level(self, alert: AlertRule, value: float) -> Level:
        """What a value means under a row of the alert table, beside what it was before the deploy."""
        return alert.level_of(value, baseline_value(self.page, self.record, alert))

    def measurements(self, step: str, measure: str) -> Iterator[tuple[datetime, float, bool]]:
        """When something was measured, its value, and whether production had been changed by then; oldest first.

        Where the alert table asks for enough to judge by, what was measured on less is left out.
        """
        limits = [alert for alert in self.page.alerts if (alert.check, alert.measure) == (step, measure)]
        was = (
            baseline_value(self.page, self.record, limits[0])
            if limits
            else baseline_of_run(self.page, self.record).get((step, measure))
        )
        if was is not None:
            yield self.record.run.began_at, was, False
        for row in self.attempts(step):
            if measure in (found := measured(row)) and all(has_enough(alert, row) for alert in limits):
                after = self.changed_at is not None and row.began_at >= self.changed_at
                yield row.at, found[measure], after
