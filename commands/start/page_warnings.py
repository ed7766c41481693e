"""What a page may leave as it is, and what its author and its starter should know."""

from __future__ import annotations

from collections.abc import Iterator

from commands.ports.preflight import WARN, PreflightResult
from commands.runbook.alert_rule import AlertRule
from commands.runbook.page import Page
from commands.runbook.undone import steps_not_undone
from commands.start.preflight import PreflightLine


def page_warnings(page: Page) -> tuple[str, ...]:
    """One sentence for each, with the title of its step."""
    boxes = {step.id: step.box for step in page.steps}
    found = [(step.title, step.box.page_warning(boxes)) for step in page.steps]
    found += [(step.title, _not_undone(step.id)) for step in steps_not_undone(page) if not step.box.undone_by]
    found += [(alert.name, why) for alert in page.alerts for why in _unknown_measures(page, alert)]
    return tuple(f"“{title}”: {warning}." for title, warning in found if warning)


def _not_undone(step: str) -> str:
    return (
        f'it changes production, and no step of the rollback undoes it; write undoes = "{step}" in the step that does, '
        'or here undone_by = "nothing" with a why'
    )


def _unknown_measures(page: Page, alert: AlertRule) -> Iterator[str]:
    """The measures of a rule that its check does not have, as far as the page tells."""
    box = page.step(alert.check).box
    known = ", ".join(sorted(box.measures_of())) or "nothing"
    for name in (alert.measure, *alert.enough):
        if not alert.expected and not box.may_measure(name):
            yield f"this can never be raised, because “{alert.check}” measures {known}, and not {name}"


def page_lines(page: Page) -> list[PreflightLine]:
    """The same as lines of the doctor."""
    return [
        PreflightLine(about="page", result=PreflightResult(level=WARN, summary=warning))
        for warning in page_warnings(page)
    ]
