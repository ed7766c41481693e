"""Which steps of the rollback run, in which order."""

from __future__ import annotations

from commands.runbook.page import Page, PageStep, Part
from state.records import Record


def rollback_steps(page: Page, record: Record) -> tuple[PageStep, ...]:
    """The steps of the rollback in page order, without those that undo a step which never began."""
    begun = {attempt.step for attempt in record.attempts}
    return tuple(step for step in page.part(Part.ROLLBACK) if not step.box.undoes or step.box.undoes in begun)
