"""The alert table applied: which rows a check's measurements raise, as pure functions of the page and the record."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import pairwise

from commands.progress.clock import end, moment
from commands.runbook.alert_rule import Alert
from commands.runbook.page import Page
from commands.watch.baseline import before
from state.records import DONE, FAILED, GOING, RUNNING, STOPPED, Record, Step


@dataclass(frozen=True, kw_only=True)
class Raised:
    """A row of the alert table that holds now: the value seen, the level ("alert" or "warning"), and the check's attempt.

    `before` is what it was before the deploy, where that is known. `aside` is the row in whose stead this one is there,
    while that one has enough to judge by.
    """

    alert: Alert
    level: str
    value: float
    attempt: int
    before: float | None = None
    aside: Alert | None = None

    @property
    def rule(self) -> str:
        """The row's rule in words."""
        row = self.alert
        if self.level == "warning" and row.says(self.value, self.before) == "warning" and row.warn_above is not None:
            return f"a person decides above {row.shown(row.warn_above)}"
        return row.rule

    @property
    def was_bad(self) -> bool:
        """Whether it was beyond its limit before the deploy as well, so that a rollback would not mend it."""
        return self.before is not None and self.alert.beyond(self.before) and self.alert.beyond(self.value)

    @property
    def seen(self) -> str:
        """What was seen beside what was expected, in one line."""
        before = f"; before the deploy {self.alert.shown(self.before)}" if self.before is not None else ""
        aside = f"; “{self.aside.name}” has enough to judge by, so this only warns" if self.aside else ""
        return f"{self.alert.shown(self.value)} (limit: {self.rule}{before}{aside})"


def raised_by(page: Page, record: Record, check: str) -> tuple[Raised, ...]:
    """The rows that the newest measurements of one check raise; expected rows never do."""
    rows = (alert for alert in page.alerts if alert.check == check and not alert.expected)
    return tuple(raised for alert in rows if (raised := _raised(page, alert, record)))


def calling_for_rollback(page: Page, record: Record) -> Iterator[Raised]:
    """The raised rows whose action is to roll back, in the order of the table."""
    if record.run.state != GOING:
        return
    for check in dict.fromkeys(alert.check for alert in page.alerts):
        for raised in raised_by(page, record, check):
            if raised.level == "alert" and raised.alert.action == "roll back":
                yield raised


def counts(alert: Alert, row: Step) -> bool:
    """Whether an attempt gives this row a value: it was measured, and there was enough of what it is measured on."""
    measured = row.state in {DONE, FAILED} and alert.measure in row.measures
    return measured and all(row.measures.get(name, 0) >= least for name, least in alert.enough.items())


def raises_any(page: Page, record: Record, row: Step) -> bool:
    """Whether some row of the alert table calls people for what one look saw."""
    rows = [alert for alert in page.alerts if alert.check == row.step and not alert.expected and counts(alert, row)]
    return any(_says(alert, row, before(page, record, alert)) != "ok" for alert in rows)


def looks(record: Record, step: str) -> list[Step]:
    """The looks of one check that have ended by themselves, oldest first."""
    return [row for row in record.steps if row.step == step and row.state not in {RUNNING, STOPPED}]


def measured(record: Record, alert: Alert) -> list[Step]:
    """The looks that gave a row of the table a value, oldest first."""
    return [row for row in record.steps if row.step == alert.check and counts(alert, row)]


def judges(alert: Alert, record: Record) -> bool:
    """Whether the newest look at the row's check gives it a value."""
    rows = looks(record, alert.check)
    return bool(rows) and counts(alert, rows[-1])


def stands_aside_for(page: Page, record: Record, alert: Alert) -> Alert | None:
    """The row in whose stead this one is there, where that one can judge by itself now."""
    return next((one for one in page.alerts if one.otherwise == alert.name and judges(one, record)), None)


def _raised(page: Page, alert: Alert, record: Record) -> Raised | None:
    was = before(page, record, alert)
    rows = measured(record, alert)
    newest = rows[-alert.in_a_row :]
    if not newest:
        return None
    last = newest[-1]
    agree = len(newest) == alert.in_a_row and all(_says(alert, row, was) == "alert" for row in newest)
    in_a_row = agree and all(_neighbours(page, record, *pair) for pair in pairwise(newest))
    raised = Raised(alert=alert, level="warning", value=last.measures[alert.measure], attempt=last.attempt, before=was)
    if in_a_row and _long_enough(page, alert, record, rows, was) and not raised.was_bad:
        aside = stands_aside_for(page, record, alert)
        return replace(raised, aside=aside) if aside else replace(raised, level="alert")
    return raised if _says(alert, last, was) != "ok" else None


def _says(alert: Alert, row: Step, was: float | None) -> str:
    return alert.says(row.measures[alert.measure], was)


def _neighbours(page: Page, record: Record, earlier: Step, later: Step) -> bool:
    """Whether no moment lay between two looks at which one was due and none counted; one that takes long passes over some itself."""
    every = page.step(earlier.step).box.every
    if every is None:
        return True
    lasted = max(end(record, earlier) - moment(record, earlier), timedelta(0)) * record.run.speed
    return later.attempt - earlier.attempt <= 1 + int(lasted / every)  # an attempt's number is that of its due moment


def _long_enough(page: Page, alert: Alert, record: Record, rows: list[Step], was: float | None) -> bool:
    """Whether every measurement of the last `lasting` agrees, and together they reach that far back without a gap."""
    if alert.lasting is None:
        return True
    later, newest = rows[-1], moment(record, rows[-1])
    for row in reversed(rows):
        if _says(alert, row, was) != "alert" or not _neighbours(page, record, row, later):
            return False
        if (newest - moment(record, row)) * record.run.speed >= alert.lasting:
            return True
        later = row
    return False
