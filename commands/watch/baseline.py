"""The baseline: what the checks of the watch measured before the deploy changed anything."""

from __future__ import annotations

from collections.abc import Mapping

from commands.runbook.alert_rule import AlertRule
from commands.runbook.page import Page
from commands.steps.kinds.baseline import split_measure
from state.records import AttemptState, Record

Measurements = Mapping[tuple[str, str], float]


def baseline_value(page: Page, record: Record, alert: AlertRule) -> float | None:
    """What a row of the alert table looks at, as it was before; None where that is not known, or was measured on too little."""
    measured = baseline_of_run(page, record)
    if any(measured.get((alert.check, name), 0) < least for name, least in alert.enough.items()):
        return None
    return measured.get((alert.check, alert.measure))


def baseline_of_run(page: Page, record: Record) -> Measurements:
    """What each check measured before, by check and measure; empty where no baseline was taken."""
    steps = {step.id for step in page.steps if step.box.is_baseline}
    rows = [row for row in record.attempts if row.step in steps and row.state == AttemptState.DONE]
    return {split_measure(name): value for row in rows for name, value in row.measures.items()}
