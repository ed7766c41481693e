"""The baseline: what the checks of the watch measured before the deploy changed anything."""

from __future__ import annotations

from collections.abc import Mapping

from commands.runbook.page import Page
from commands.steps.baseline import split
from state.records import DONE, Record

Measured = Mapping[tuple[str, str], float]


def baseline_of(page: Page, record: Record) -> Measured:
    """What each check measured before, by check and measure; empty where no baseline was taken."""
    steps = {step.id for step in page.steps if step.box.kind == "baseline"}
    rows = [row for row in record.steps if row.step in steps and row.state == DONE]
    if not rows:
        return {}
    return {(check, measure): value for name, value in rows[-1].measures.items() for check, measure in [split(name)]}
