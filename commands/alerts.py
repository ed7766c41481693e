"""The alert table applied: which rows a check's measurements raise, as pure functions of the page and the record."""

from __future__ import annotations

from dataclasses import dataclass

from commands.runbook.page import Alert, Page
from state.records import DONE, FAILED, Record, Step


@dataclass(frozen=True, kw_only=True)
class Raised:
    """A row of the alert table that holds now: the value seen, the level ("alert" or "warning"), and the check's attempt."""

    alert: Alert
    level: str
    value: float
    attempt: int

    @property
    def rule(self) -> str:
        """The row's rule in words."""
        row = self.alert
        if self.level == "warning" and row.says(self.value) == "warning":
            return f"a person decides above {row.warn_above:g}"
        limit = f"above {row.above:g}" if row.above is not None and self.value > row.above else f"below {row.below:g}"
        return limit + (f", {row.in_a_row} times in a row" if row.in_a_row > 1 else "")


def raised_by(page: Page, record: Record, check: str) -> tuple[Raised, ...]:
    """The rows that the newest measurements of one check raise; expected rows never do."""
    rows = (alert for alert in page.alerts if alert.check == check and not alert.expected)
    return tuple(raised for alert in rows if (raised := _raised(alert, record)))


def calling_for_rollback(page: Page, record: Record) -> Raised | None:
    """The first raised row whose action is to roll back, over all checks."""
    for alert in page.alerts:
        for raised in raised_by(page, record, alert.check):
            if raised.alert is alert and raised.level == "alert" and alert.action == "roll back":
                return raised
    return None


def _raised(alert: Alert, record: Record) -> Raised | None:
    rows = [row for row in record.steps if row.step == alert.check and _measured(row, alert.measure)]
    newest = rows[-alert.in_a_row :]
    if not newest:
        return None
    last = newest[-1]
    value = last.measures[alert.measure]
    levels = {alert.says(row.measures[alert.measure]) for row in newest}
    if levels == {"alert"} and len(newest) == alert.in_a_row:
        return Raised(alert=alert, level="alert", value=value, attempt=last.attempt)
    if alert.says(value) != "ok":
        return Raised(alert=alert, level="warning", value=value, attempt=last.attempt)
    return None


def _measured(row: Step, measure: str) -> bool:
    return row.state in {DONE, FAILED} and measure in row.measures
