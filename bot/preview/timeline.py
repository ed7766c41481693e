"""The planned times of a page, as the rows of a picture."""

from __future__ import annotations

from datetime import timedelta

from commands.runbook.groups import lines_of_page
from commands.runbook.page import STAGES, Page, Part
from commands.runbook.plan import timeline
from commands.signoff.signing import titles_of
from commands.text.durations import format_duration
from state.frozen import dataclass


@dataclass(frozen=True, kw_only=True)
class Row:
    """A step, the watch or the decision: when it begins, and where its bar lies on the axis, in percent of it.

    The axis ends with the last step before the watch. The watch may be a hundred times as long: its bar fills the axis.
    """

    part: str
    at: str
    title: str
    lasts: str
    signs: str
    left: float = 0
    width: float = 0


@dataclass(frozen=True, kw_only=True)
class Stage:
    """A part of the run in the line above the rows: its name, when it begins, and how long it takes."""

    part: str
    title: str
    at: str
    lasts: str


def rows(page: Page) -> list[Row]:
    """Each step in the order of the run, then the watch and the decision."""
    lines = list(lines_of_page(page.forward))
    times = timeline(page)
    whole = times[len(lines)][0] or timedelta(minutes=1)
    found = []
    for number, (at, title) in enumerate(times):
        ends = times[number + 1][0] if number + 1 < len(times) else at
        is_step = number < len(lines)
        roles = {role for step in lines[number] for role in step.box.roles()} if is_step else set()
        found.append(
            Row(
                part=lines[number][0].part if is_step else Part.WATCH if ends > at else "decision",
                at=t_plus(at),
                title=title,
                lasts=format_duration(ends - at) if ends > at and is_step else "",
                signs=titles_of(page, tuple(sorted(roles))),
                left=100 * (at / whole) if is_step else 0 if ends > at else 100,
                width=100 * min((ends - at) / whole, 1.0),
            )
        )
    return found


def stages(page: Page) -> list[Stage]:
    """The parts of the run that have steps, and the decision."""
    lines = list(lines_of_page(page.forward))
    times = [at for at, _ in timeline(page)]
    begins: dict[str, timedelta] = {}
    for steps, at in zip(lines, times, strict=False):
        begins.setdefault(steps[0].part, at)
    if page.watch:
        begins[Part.WATCH] = times[-2]
    ends = [*list(begins.values())[1:], times[-1]]
    found = [
        Stage(part=part, title=STAGES[Part(part)], at=t_plus(at), lasts=format_duration(end - at) if end > at else "")
        for (part, at), end in zip(begins.items(), ends, strict=False)
    ]
    decider = page.roles[page.decision.role].title
    return [*found, Stage(part="decision", title="KEEP or ROLLBACK", at=t_plus(times[-1]), lasts=decider)]


def t_plus(at: timedelta) -> str:
    """A time since the start, as messages write it."""
    return f"T+{format_duration(at) if at else '0 min'}"
