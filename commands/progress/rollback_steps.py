"""Which steps of the rollback run, in which order."""

from __future__ import annotations

from commands.runbook.page import Page, PageStep, Part
from state.records import Record


def rollback_steps(page: Page, record: Record) -> tuple[PageStep, ...]:
    """The steps of the rollback in page order, without those that undo a step which never began."""
    begun = {attempt.step for attempt in record.attempts}
    return tuple(step for step in page.part(Part.ROLLBACK) if not step.box.undoes or step.box.undoes in begun)


def others_wait_for(page: Page, step: PageStep) -> bool:
    """Whether a step of the rollback that changes production waits for this one, which does so too."""
    steps = page.part(Part.ROLLBACK)
    if step not in steps or not step.box.changes_production:
        return False
    below = (other.box for other in steps[steps.index(step) + 1 :])
    return any(box.changes_production and (box.after is None or step.id in box.after) for box in below)
