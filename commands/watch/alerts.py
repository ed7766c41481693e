"""The alert table applied: which rows a check's measurements raise, as pure functions of the page and the record."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import pairwise

from commands.runbook.alert_rule import AlertRule
from commands.runbook.page import Page
from commands.watch.baseline import baseline_value
from state.records import Attempt, AttemptState, Record, RunState


@dataclass(frozen=True, kw_only=True)
class RaisedAlert:
    """A row of the alert table that holds now: the value seen, the level ("alert" or "warning"), and the check's attempt.

    `before` is what it was before the deploy, where that is known. `aside` is the row in whose stead this one is there,
    while that one has enough to judge by.
    """

    alert: AlertRule
    level: str
    value: float
    attempt: int
    before: float | None = None
    aside: AlertRule | None = None

    @property
    def rule(self) -> str:
        """The row's rule in words."""
        row = self.alert
        if (
            self.level == "warning"
            and row.level_of(self.value, self.before) == "warning"
            and row.warn_above is not None
        ):
            return f"a person decides above {row.format_value(row.warn_above)}"
        return row.rule

    @property
    def was_bad(self) -> bool:
        """Whether it was beyond its limit before the deploy as well, so that a rollback would not mend it."""
        return (
            self.before is not None and self.alert.outside_limits(self.before) and self.alert.outside_limits(self.value)
        )

    @property
    def seen(self) -> str:
        """What was seen beside what was expected, in one line."""
        before = f"; before the deploy {self.alert.format_value(self.before)}" if self.before is not None else ""
        aside = f"; “{self.aside.name}” has enough to judge by, so this only warns" if self.aside else ""
        return f"{self.alert.format_value(self.value)} (limit: {self.rule}{before}{aside})"


def alerts_raised_by(page: Page, record: Record, check: str) -> tuple[RaisedAlert, ...]:
    """The rows that the newest measurements of one check raise; expected rows never do."""
    rows = (alert for alert in page.alerts if alert.check == check and not alert.expected)
    return tuple(raised for alert in rows if (raised := _raised(page, alert, record)))


def alerts_for_rollback(page: Page, record: Record) -> Iterator[RaisedAlert]:
    """The raised rows whose action is to roll back, in the order of the table."""
    if record.run.state != RunState.GOING:
        return
    for check in dict.fromkeys(alert.check for alert in page.alerts):
        for raised in alerts_raised_by(page, record, check):
            if raised.level == "alert" and raised.alert.action == "roll back":
                yield raised


def has_enough(alert: AlertRule, row: Attempt) -> bool:
    """Whether an attempt gives this row a value: it was measured, and there was enough of what it is measured on."""
    measured = row.state in {AttemptState.DONE, AttemptState.FAILED} and alert.measure in row.measures
    return measured and all(row.measures.get(name, 0) >= least for name, least in alert.enough.items())


def raises_any_alert(page: Page, record: Record, row: Attempt) -> bool:
    """Whether some row of the alert table calls people for what one look saw."""
    rows = [alert for alert in page.alerts if alert.check == row.step and not alert.expected and has_enough(alert, row)]
    return any(_level(alert, row, baseline_value(page, record, alert)) != "ok" for alert in rows)


def samples(record: Record, step: str) -> list[Attempt]:
    """The looks of one check that have ended by themselves, oldest first."""
    return [
        row
        for row in record.attempts
        if row.step == step and row.state not in {AttemptState.RUNNING, AttemptState.STOPPED}
    ]


def samples_with_value(record: Record, alert: AlertRule) -> list[Attempt]:
    """The looks that gave a row of the table a value, oldest first."""
    return [row for row in record.attempts if row.step == alert.check and has_enough(alert, row)]


def has_value(alert: AlertRule, record: Record) -> bool:
    """Whether the newest look at the row's check gives it a value."""
    rows = samples(record, alert.check)
    return bool(rows) and has_enough(alert, rows[-1])


def deferred_to(page: Page, record: Record, alert: AlertRule) -> AlertRule | None:
    """The row in whose stead this one is there, where that one can judge by itself now."""
    return next((one for one in page.alerts if one.otherwise == alert.name and has_value(one, record)), None)


def _raised(page: Page, alert: AlertRule, record: Record) -> RaisedAlert | None:
    was = baseline_value(page, record, alert)
    rows = samples_with_value(record, alert)
    newest = rows[-alert.in_a_row :]
    if not newest:
        return None
    last = newest[-1]
    agree = len(newest) == alert.in_a_row and all(_level(alert, row, was) == "alert" for row in newest)
    in_a_row = agree and all(_neighbours(page, record, *pair) for pair in pairwise(newest))
    raised = RaisedAlert(
        alert=alert, level="warning", value=last.measures[alert.measure], attempt=last.attempt, before=was
    )
    if in_a_row and _long_enough(page, alert, record, rows, was) and not raised.was_bad:
        aside = deferred_to(page, record, alert)
        return replace(raised, aside=aside) if aside else replace(raised, level="alert")
    return raised if _level(alert, last, was) != "ok" else None


def _level(alert: AlertRule, row: Attempt, was: float | None) -> str:
    return alert.level_of(row.measures[alert.measure], was)


def _neighbours(page: Page, record: Record, earlier: Attempt, later: Attempt) -> bool:
    """Whether no moment lay between two looks at which one was due and none counted; one that takes long passes over some itself."""
    every = page.step(earlier.step).box.every
    if every is None:
        return True
    lasted = max(earlier.at - earlier.began_at, timedelta(0)) * record.run.speed
    return later.attempt - earlier.attempt <= 1 + int(lasted / every)  # an attempt's number is that of its due moment


def _long_enough(page: Page, alert: AlertRule, record: Record, rows: list[Attempt], was: float | None) -> bool:
    """Whether every measurement of the last `lasting` agrees, and together they reach that far back without a gap."""
    if alert.lasting is None:
        return True
    later, newest = rows[-1], rows[-1].began_at
    for row in reversed(rows):
        if _level(alert, row, was) != "alert" or not _neighbours(page, record, row, later):
            return False
        if (newest - row.began_at) * record.run.speed >= alert.lasting:
            return True
        later = row
    return False
