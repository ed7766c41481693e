"""What a page may leave as it is, and what its author and its starter should know."""

from __future__ import annotations

from commands.ports.preflight import WARN, PreflightResult
from commands.runbook.page import Page
from commands.runbook.undone import steps_not_undone
from commands.start.preflight import PreflightLine


def page_warnings(page: Page) -> tuple[str, ...]:
    """One sentence for each, with the title of its step."""
    boxes = {step.id: step.box for step in page.steps}
    found = [((step.written or step).title, step.box.page_warning(boxes)) for step in page.steps]
    left = [step.written or step for step in steps_not_undone(page) if not step.box.undone_by]
    found += [(step.title, _not_undone(step.id)) for step in left]
    # a step on a group is one of the page, whatever number of hosts it has
    return tuple(dict.fromkeys(f"“{title}”: {warning}." for title, warning in found if warning))


def _not_undone(step: str) -> str:
    return (
        f'it changes production, and no step of the rollback undoes it; write undoes = "{step}" in the step that does, '
        'or here undone_by = "nothing" with a why'
    )


def page_lines(page: Page) -> list[PreflightLine]:
    """The same as lines of the doctor."""
    return [
        PreflightLine(about="page", result=PreflightResult(level=WARN, summary=warning))
        for warning in page_warnings(page)
    ]
