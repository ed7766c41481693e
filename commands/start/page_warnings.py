"""What a page may leave as it is, and what its author and its starter should know."""

from __future__ import annotations

from commands.ports.preflight import WARN, PreflightResult
from commands.runbook.page import Page
from commands.start.preflight import PreflightLine


def page_warnings(page: Page) -> tuple[str, ...]:
    """One sentence for each, with the title of its step."""
    boxes = {step.id: step.box for step in page.steps}
    found = [(step.title, step.box.page_warning(boxes)) for step in page.steps]
    return tuple(f"“{title}”: {warning}." for title, warning in found if warning)


def page_lines(page: Page) -> list[PreflightLine]:
    """The same as lines of the doctor."""
    return [
        PreflightLine(about="page", result=PreflightResult(level=WARN, summary=warning))
        for warning in page_warnings(page)
    ]
