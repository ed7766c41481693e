"""Who is asked for what, and when."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from bot.preview.timeline import t_plus
from commands.runbook.groups import lines_of_page
from commands.runbook.page import Page, PageStep, Part
from commands.runbook.plan import line_title, planned_starts, timeline
from commands.signoff.signing import titles_of
from commands.text.durations import format_duration
from state.frozen import dataclass


@dataclass(frozen=True, kw_only=True)
class Asked:
    """People who are asked or mentioned: when, for what, and the titles of their roles."""

    when: str
    what: str
    who: str


def asked(page: Page) -> Iterator[Asked]:
    """The sign-offs and announcements in the order of the run, those of the rollback, and the decision."""
    starts = planned_starts(page)
    for part in Part:
        for steps in lines_of_page(page.part(part)):
            yield from _about(page, steps, _when(steps[0], starts))
        if part == Part.WATCH:
            decider = page.roles[page.decision.role].title
            yield Asked(when=t_plus(timeline(page)[-1][0]), what="Decides: KEEP or ROLLBACK", who=decider)


def _about(page: Page, steps: list[PageStep], when: str) -> Iterator[Asked]:
    title = line_title(steps)
    signing = tuple(sorted({role for step in steps for role in step.box.roles()}))
    mentioned = tuple(dict.fromkeys(role for step in steps for role in step.box.notified_roles()))
    if signing:
        yield Asked(when=when, what=f"Signs: {title}", who=titles_of(page, signing))
    if mentioned:
        yield Asked(when=when, what=f"Is mentioned in: {title}", who=titles_of(page, mentioned))


def _when(step: PageStep, starts: dict[str, timedelta]) -> str:
    if step.id in starts:
        return t_plus(starts[step.id])
    return f"every {format_duration(step.box.every)}" if step.box.every else "rollback"
