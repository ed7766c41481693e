"""What a page may leave as it is, and what its author and its starter should know."""

from __future__ import annotations

from dataclasses import dataclass

from commands.ports.preflight import WARN, PreflightResult
from commands.runbook.page import Page, Part
from commands.runbook.undone import steps_not_undone
from commands.start.preflight import PreflightLine


@dataclass(frozen=True, kw_only=True)
class StepWarning:
    """What its author should know about a step: `what` is "field: what is so; what to do", or without a field."""

    line: int
    title: str
    what: str


def step_warnings(page: Page) -> tuple[StepWarning, ...]:
    """What the author of each step should know."""
    boxes = {step.id: step.box for step in page.steps}
    # a step on a group is one of the page, whatever number of hosts it has
    found = [(step.written or step, step.box.page_warning(boxes)) for step in page.steps]
    forward = {step.id: step.box for step in page.steps if step.part != Part.ROLLBACK}
    found += [(step.written or step, step.box.rollback_warning(forward)) for step in page.part(Part.ROLLBACK)]
    left = [step.written or step for step in steps_not_undone(page) if not step.box.undone_by]
    found += [(step, _not_undone(step.id)) for step in left]
    warnings = [StepWarning(line=step.line, title=step.title, what=what) for step, what in found if what]
    return tuple(dict.fromkeys(warnings))


def page_warnings(page: Page) -> tuple[str, ...]:
    """One sentence for each, with the title of its step."""
    return tuple(f"“{warning.title}”: {warning.what}." for warning in step_warnings(page))


def _not_undone(step: str) -> str:
    return (
        f'it makes a change, and no step of the rollback undoes it; write undoes = "{step}" in the step that does, '
        'or here undone_by = "nothing" with a why'
    )


def page_lines(page: Page) -> list[PreflightLine]:
    """The same as lines of the doctor."""
    return [
        PreflightLine(about="page", result=PreflightResult(level=WARN, summary=warning))
        for warning in page_warnings(page)
    ]
