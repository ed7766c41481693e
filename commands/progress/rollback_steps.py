"""Which steps of the rollback run, in which order."""

from __future__ import annotations

from commands.runbook.page import Page, PageStep, Part
from state.records import Record


def rollback_steps(page: Page, record: Record) -> tuple[PageStep, ...]:
    """The steps of the rollback in page order, without those that undo a step which never began."""
    begun = {attempt.step for attempt in record.attempts}
    return tuple(step for step in page.part(Part.ROLLBACK) if not step.box.undoes or _began(page, step, begun))


def _began(page: Page, step: PageStep, begun: set[str]) -> bool:
    """Whether what a step undoes began; for a step that is done once, on any host of a group."""
    if step.host or step.box.undoes in begun:
        return step.box.undoes in begun
    written = page.step(step.box.undoes).written
    return written is not None and any(one.id in begun for one in page.steps if one.written == written)


def others_wait_for(page: Page, step: PageStep) -> bool:
    """Whether a step of the rollback that changes production waits for this one, which does so too."""
    steps = page.part(Part.ROLLBACK)
    if step not in steps or not step.box.changes_production:
        return False
    below = (other.box for other in steps[steps.index(step) + 1 :])
    return any(box.changes_production and (box.after is None or step.id in box.after) for box in below)


def parts_of_rollback(page: Page) -> tuple[PageStep, ...]:
    """The steps of a page's rollback that restore a part of production: its schema, code, packages or page.

    Rows are no such part: schema and code fit without them.
    """
    deployed = {step.id for step in page.part(Part.DEPLOY)}
    return tuple(
        step
        for step in page.part(Part.ROLLBACK)
        if step.box.changes_production and step.box.undoes in deployed and step.box.data_return_env() is None
    )


def restoring_steps(page: Page, record: Record) -> tuple[PageStep, ...]:
    """Those of them that run."""
    steps = parts_of_rollback(page)
    return tuple(step for step in rollback_steps(page, record) if step in steps)


def goes_back_without(page: Page, record: Record, step: PageStep) -> tuple[PageStep, ...]:
    """The other parts of production that go back without this step's; empty if it restores none, or the only one."""
    steps = restoring_steps(page, record)
    others = tuple(other for other in steps if other.id != step.id)
    return others if len(others) < len(steps) else ()
