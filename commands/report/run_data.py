"""A run's record prepared for the report: attempts by step, times as T+, and measured values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

from commands.progress.step_state import WATCH
from commands.runbook.alert_rule import AlertRule, Level
from commands.runbook.page import Page, Part
from commands.watch.alerts import has_enough
from commands.watch.baseline import baseline_of_run, baseline_value
from state.records import Attempt, AttemptState, Record


def measures_of(attempt: Attempt) -> Mapping[str, float]:
    """What an attempt measured, by name. Empty while it runs, and where its result is unknown."""
    return attempt.measures if attempt.state in {AttemptState.DONE, AttemptState.FAILED} else {}


class RunData:
    """A record that is indexed once, so that a run of ten thousand attempts is reported in a moment."""

    def __init__(self, page: Page, record: Record) -> None:
        self.page = page
        self.record = record
        self._attempts: dict[str, list[Attempt]] = {}
        for attempt in record.attempts:
            self._attempts.setdefault(attempt.step, []).append(attempt)
        # what a check of the watch measured before this time is a baseline
        changing = {step.id for step in (*page.part(Part.DEPLOY), *page.part(Part.SMOKE_TESTS))}
        started = (attempt.began_at for attempt in record.attempts if attempt.step in changing)
        self.changed_at = min(started, default=None)
        self._watch = record.last(WATCH)

    def attempts(self, step: str) -> list[Attempt]:
        """The attempts of a step, oldest first."""
        return self._attempts.get(step, [])

    def t_plus(self, at: datetime) -> timedelta:
        """A time as T+. The time of the watch, which a rollback ends early, is multiplied by the run's speed."""
        run, watch, rollback = self.record.run, self._watch, self.record.rollback
        passed = at - run.began_at
        if watch is None or at <= watch.began_at:
            return passed
        watch_end = (rollback.at if rollback else None) or watch.ended_at or run.ended_at or at
        return passed + max(min(at, watch_end) - watch.began_at, timedelta(0)) * (run.speed - 1)

    def level(self, alert: AlertRule, value: float) -> Level:
        """What a value means under an alert rule, given the value before the deploy."""
        return alert.level_of(value, baseline_value(self.page, self.record, alert))

    def measurements(self, step: str, measure: str) -> Iterator[tuple[datetime, float, bool]]:
        """Each measurement, oldest first: its time, its value, and whether production had been changed by then.

        A measurement with less data behind it than the alert table asks for is left out.
        """
        alerts = [alert for alert in self.page.alerts if (alert.check, alert.measure) == (step, measure)]
        baseline = (
            baseline_value(self.page, self.record, alerts[0])
            if alerts
            else baseline_of_run(self.page, self.record).get((step, measure))
        )
        if baseline is not None:
            yield self.record.run.began_at, baseline, False
        for attempt in self.attempts(step):
            measures = measures_of(attempt)
            if measure in measures and all(has_enough(alert, attempt) for alert in alerts):
                after = self.changed_at is not None and attempt.began_at >= self.changed_at
                yield attempt.at, measures[measure], after
