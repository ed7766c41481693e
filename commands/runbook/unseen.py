"""What a page lets happen unseen: unsigned changes, unknown versions, a watch without a check."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from commands.runbook.page import Page, PageStep, Part

_DEPLOY = re.compile(r"\s{0,3}##\s+deploy\b", re.IGNORECASE)
_WATCH_BOX = re.compile(r"\s{0,3}(```|~~~)\s*toml\s+watch\s*")


def watch_without_check(page: Page) -> int:
    """The line of the box of a watch in which the bot checks nothing by itself; 0 if there is none."""
    if page.watch is None or any(not step.box.asks_people for step in page.part(Part.WATCH)):
        return 0
    lines = enumerate(page.text.splitlines(), start=1)
    return next((number for number, line in lines if _WATCH_BOX.fullmatch(line)), 1)


def changes_nothing(page: Page) -> int:
    """The line of the heading of a Deploy without steps, where no other part changes anything; 0 if there is none."""
    if page.part(Part.DEPLOY) or any(step.box.changes_production for step in page.forward):
        return 0
    lines = enumerate(page.text.splitlines(), start=1)
    return next((number for number, line in lines if _DEPLOY.match(line)), 1)


def unsigned_first_change(page: Page) -> PageStep | None:
    """The first step after Before that changes production, if no role signs anything before it."""
    for step in page.forward:
        # what Before prepares, users do not meet yet
        if step.part != Part.BEFORE and step.box.changes_production:
            return step
        if step.box.roles():
            return None
    return None


def change_outside_deploy(page: Page) -> PageStep | None:
    """The first step of Before that changes production, if Deploy has no step at all."""
    if page.part(Part.DEPLOY):
        return None
    return next((step for step in page.part(Part.BEFORE) if step.box.changes_production), None)


def services_of_unknown_version(page: Page) -> Iterator[PageStep]:
    """The steps that start a service, and neither they nor a check behind them asks which commit it runs."""
    for steps in (page.forward + page.part(Part.WATCH), page.part(Part.ROLLBACK)):
        for at, step in enumerate(steps):
            if step.box.starts_service() and not _version_is_asked(steps[at:]):
                yield step


def _version_is_asked(steps: Sequence[PageStep]) -> bool:
    """Whether the first of these steps asks for the version, or one of those behind it that only check something."""
    first, *behind = (step.box for step in steps)
    return first.asks_version() or any(box.only_looks() and box.asks_version() for box in behind)
