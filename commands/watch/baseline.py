"""The baseline: what the checks of the watch measured before the deploy changed anything."""

from __future__ import annotations

from collections.abc import Mapping

from commands.runbook.alert_rule import AlertRule
from commands.runbook.page import Page
from commands.steps.kinds.baseline import split_measure
from state.records import AttemptState, Record

Measurements = Mapping[tuple[str, str], float]


def baseline_value(page: Page, record: Record, alert: AlertRule) -> float | None:
    """What a rule's measure was before the deploy. None where it is unknown, or had too little data behind it."""
    measured = baseline_of_run(page, record)
    if any(measured.get((alert.check, name), 0) < least for name, least in alert.enough.items()):
        return None
    return measured.get((alert.check, alert.measure))


def baseline_of_run(page: Page, record: Record) -> Measurements:
    """What each check measured before the deploy, by (check, measure). Empty where no baseline step succeeded."""
    steps = {step.id for step in page.steps if step.box.is_baseline}
    taken = [attempt for attempt in record.attempts if attempt.step in steps and attempt.state == AttemptState.DONE]
    return {split_measure(name): value for attempt in taken for name, value in attempt.measures.items()}
