"""The success criteria held against the record: which GO lines are shown to hold, which NO-GO signs are there."""

from __future__ import annotations

from commands.runbook.page import Alert, Criterion, Page
from state.records import DONE, RUNNING, Record, Step


def holds(page: Page, record: Record, criterion: Criterion) -> bool | None:
    """Whether all that shows a criterion is good; None where nothing shows it (yet), so that people must look."""
    found = [_good(page, record, name) for name in criterion.shown_by]
    known = [good for good in found if good is not None]
    return all(known) if known else None


def signs_of_no_go(page: Page, record: Record) -> list[str]:
    """The NO-GO lines that something shows to be true."""
    lines = page.criteria.no_go if page.criteria else []
    return [line.text for line in lines if holds(page, record, line) is False]


def _good(page: Page, record: Record, name: str) -> bool | None:
    """Whether a step or an alert is good: a step by its newest attempt, a check of the watch by every one."""
    for alert in page.alerts:
        if alert.name == name:
            return _within(alert, [row for row in record.steps if row.step == alert.check])
    rows = [row for row in record.steps if row.step == name and row.state != RUNNING]
    if not rows:
        return None
    if page.step(name).part != "watch":
        return rows[-1].state == DONE
    limits = [alert for alert in page.alerts if alert.check == name and not alert.expected]
    return all(row.state == DONE for row in rows) and all(_within(alert, rows) is not False for alert in limits)


def _within(alert: Alert, rows: list[Step]) -> bool | None:
    values = [row.measures[alert.measure] for row in rows if alert.measure in row.measures]
    return all(alert.says(value) == "ok" for value in values) if values else None
