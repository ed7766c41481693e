"""What a page may leave as it is, and what its author and its starter should know."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from commands.ports.preflight import WARN, PreflightResult
from commands.runbook.build import read_in_spite
from commands.runbook.page import Page, PageStep, Part
from commands.runbook.undone import steps_not_undone
from commands.runbook.unseen import (
    change_outside_deploy,
    changes_nothing,
    services_of_unknown_version,
    unsigned_first_change,
    watch_without_check,
)
from commands.signoff.checklist_room import DECISION_ROOM, ROOM, cut_items, shown_items
from commands.start.preflight import PreflightLine
from commands.text.durations import format_duration
from state.frozen import dataclass

_DECISION_BOX = re.compile(r"\s{0,3}(```|~~~)\s*toml\s+decision\s*")


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
    found += [(step.written or step, _unknown_version(step)) for step in services_of_unknown_version(page)]
    found += [(step, what) for step in page.steps for what in _not_shown(_items_of(step))]
    if first := change_outside_deploy(page):
        found.append((first.written or first, _OUTSIDE_DEPLOY))
    if first := unsigned_first_change(page):
        found.append((first.written or first, _UNSIGNED))
    warnings = [StepWarning(line=step.line, title=step.title, what=what) for step, what in found if what]
    return tuple(dict.fromkeys([*warnings, *_watch_warnings(page), *_empty_deploy(page), *_decision_not_shown(page)]))


def warnings_in_spite(text: str, name: str) -> tuple[StepWarning, ...]:
    """What the author of a page with errors will be warned of, as far as all of its boxes could be read."""
    page = read_in_spite(text, name)
    return step_warnings(page) if page else ()


def page_warnings(page: Page) -> tuple[str, ...]:
    """One sentence for each, with the title of its step."""
    return tuple(f"“{warning.title}”: {warning.what}." for warning in step_warnings(page))


def _not_undone(step: str) -> str:
    return (
        f'it makes a change, and no step of the rollback undoes it; write undoes = "{step}" in the step that does, '
        'or here undone_by = "nothing" with a why'
    )


def _unknown_version(step: PageStep) -> str:
    commit = "<running_before>" if step.part == Part.ROLLBACK else "<commit>"
    return (
        "web: nothing asks which commit this service runs, so a restart of the wrong version would count as a success; "
        f'write web, path and commit = "{commit}" here, or add a later check that expects {commit}'
    )


def _items_of(step: PageStep) -> list[tuple[str, str]]:
    return [(item.role, item.text) for item in step.box.checklist()]


def _not_shown(items: Sequence[tuple[str, str]], room: int = ROOM, field: str = "item") -> Iterator[str]:
    """What one message leaves out of a checklist of (role, text) in a field of the page.

    The role is empty where one role decides on all.
    """
    for number, limit in cut_items(items, room):
        whole = len(" ".join(items[number - 1][1].split()))
        yield (
            f"{field} {number}: Slack's message shows about {limit} of its {whole} characters; shorten it, or make "
            "several items of it"
        )
    for role, shown in shown_items(items, room).items():
        if shown.count < shown.of:
            which = f' of role = "{role}"' if role else ""
            cure = (
                "write two `gate` steps, or shorten the items"
                if role
                else "shorten the items, or move some to a `gate`"
            )
            yield (
                f"{field}: Slack's message shows {shown.count} of the {shown.of} items{which}, because the checklist "
                f"is too long for one message; {cure}"
            )


def _decision_not_shown(page: Page) -> Iterator[StepWarning]:
    lines = enumerate(page.text.splitlines(), start=1)
    line = next((number for number, text in lines if _DECISION_BOX.fullmatch(text)), 1)
    for what in _not_shown([("", item) for item in page.decision.items], DECISION_ROOM, field="items"):
        yield StepWarning(line=line, title="Decision", what=what)


_OUTSIDE_DEPLOY = (
    "it makes a change in Before, and Deploy has no step, so nobody has to sign before a change; move the steps that "
    "make changes below “## Deploy”"
)
_UNSIGNED = (
    "it is the first change, and nobody signs anything before it, so one person alone decides on it; write a "
    "`gate` above it with an `item` for each role, or `sign` on a step before it"
)


def _watch_warnings(page: Page) -> Iterator[StepWarning]:
    if page.watch and (line := watch_without_check(page)):
        what = (
            f"it lasts {format_duration(page.watch.lasts)} and checks nothing, so no fault would be noticed; write a "
            'check under it, such as an `http` step with `every = "5 min"`'
        )
        yield StepWarning(line=line, title=Part.WATCH.value.capitalize(), what=what)


def _empty_deploy(page: Page) -> Iterator[StepWarning]:
    if line := changes_nothing(page):
        what = "it has no step, so a run of this page changes nothing; write a box for each change under it"
        yield StepWarning(line=line, title=Part.DEPLOY.value.capitalize(), what=what)


def page_lines(page: Page) -> list[PreflightLine]:
    """The same as lines of the doctor."""
    return [
        PreflightLine(about="page", result=PreflightResult(level=WARN, summary=warning))
        for warning in page_warnings(page)
    ]
