"""order: moved by the redesign."""

from __future__ import annotations

from commands.runbook.page import Page, PageStep, Part
from state.records import Record


def rollback_steps(page: Page, record: Record) -> tuple[PageStep, ...]:
    """The steps of the rollback that have something to undo, in order."""
    begun = {row.step for row in record.attempts}
    return tuple(step for step in page.part(Part.ROLLBACK) if not step.box.undoes or step.box.undoes in begun)
