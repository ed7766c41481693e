"""Which steps make what a rollback would lose, and which step of the rollback takes it away."""

from __future__ import annotations

from commands.runbook.head_boxes import Loses
from commands.runbook.page import Page, PageStep, Part


def changing_steps(page: Page, loses: Loses) -> tuple[PageStep, ...]:
    """The steps of the deploy that make the change: nothing is lost before them, and they lose nothing themselves.

    Those that the query's `after` names; else those that change its database; else all that change production, because
    a command on a host may migrate the database too.
    """
    deploy = page.part(Part.DEPLOY)
    if loses.after:
        return tuple(step for step in deploy if step.id in loses.after)
    changing = tuple(step for step in deploy if step.box.changes_production)
    return tuple(step for step in changing if _names(step, loses)) or changing


def taking_step(page: Page, loses: Loses) -> PageStep | None:
    """The first step of the rollback that undoes the change or changes the query's database; None if none does."""
    changes = {step.id for step in changing_steps(page, loses)}
    rollback = [step for step in page.part(Part.ROLLBACK) if step.box.changes_production]
    return next((step for step in rollback if step.box.undoes in changes or _names(step, loses)), None)


def _names(step: PageStep, loses: Loses) -> bool:
    return ("databases", loses.database) in step.box.places()
