"""The values that a step may use: the run's own, and those of earlier steps that are for it."""

from __future__ import annotations

from collections.abc import Mapping

from commands.runbook.page import Page, PageStep
from state.records import Record


def values_for(page: Page, record: Record, step: PageStep) -> dict[str, str]:
    """All values that a step may use now, by name. What a host of a group has for itself is not for another one."""
    others = {other.id for other in page.steps if not other.gives_values_to(step)}
    run = record.run
    own = {"ref": run.ref, "run": str(run.id), "countdown": str(run.notice_minutes)}
    return {**own, **record.values(without=others), **host_value(step)}


def host_value(step: PageStep) -> Mapping[str, str]:
    """The host that a step on a group is for, as its value."""
    return {"host": step.host} if step.host else {}
