"""What one part of a page says about another: places, roles, values and steps that are named must be there."""

from __future__ import annotations

from collections.abc import Iterable

from commands.runbook.page import Page, PageStep
from state.errors import BadPage

# values every run has before its first step
RUN_VALUES = frozenset({"ref", "run", "countdown"})


def check_references(page: Page, lines: dict[str, int]) -> None:
    """Raise BadPage for the first name that stands for nothing, a value used before it is there, or a field out of place."""
    for step in page.steps:
        _check_places(page, step)
        named = step.box.roles() | set(getattr(step.box, "roles_to_tell", ()))
        _check_known(step.line, step.title, "the role", named, page.roles, "Emergency contacts")
        _check_fields(page, step)
    _check_values(page)
    for part, names in _named_roles(page):
        _check_known(lines.get(part, 1), part.capitalize(), "the role", names, page.roles, "Emergency contacts")
    if page.rollback.loses:
        named = {page.rollback.loses.database}
        _check_known(lines["rollback"], "loses", "the database", named, page.places.databases, "Places")
    watched = {step.id for step in page.steps}
    for alert in page.alerts:
        _check_known(lines["alerts"], alert.name, "check, the step", {alert.check}, watched, "the page")
        if alert.above is None and alert.below is None and not alert.expected:
            raise BadPage(
                lines["alerts"], alert.name, "the alert has neither above nor below, so it could never be raised"
            )
    for criterion in [*page.criteria.go, *page.criteria.no_go] if page.criteria else []:
        known = watched | {alert.name for alert in page.alerts}
        _check_known(
            lines["success criteria"], criterion.text, "shown_by, the step", criterion.shown_by, known, "the page"
        )


def _named_roles(page: Page) -> list[tuple[str, set[str]]]:
    return [
        ("decision", {page.decision.role}),
        ("alerts", {role for alert in page.alerts for role in alert.pings}),
        ("runbook", set(page.runbook.starters)),
    ]


def _check_known(line: int, where: str, what: str, names: Iterable[str], known: Iterable[str], home: str) -> None:
    for name in sorted(set(names) - set(known)):
        raise BadPage(line, where, f'{what} "{name}" is not on the page; {home} has {", ".join(sorted(known))}')


def _check_places(page: Page, step: PageStep) -> None:
    for sort, name in sorted(step.box.places()):
        known = getattr(page.places, sort)
        if name not in known:
            has = ", ".join(sorted(known)) or "none"
            raise BadPage(step.line, step.title, f'"{name}" is not under [{sort}] in the part Places, which has {has}')


def _check_fields(page: Page, step: PageStep) -> None:
    box = step.box
    if step.part == "watch" and box.every is None:
        raise BadPage(
            step.line, step.title, 'every: is missing; a check of the watch says how often, like every = "15 min"'
        )
    if step.part != "watch" and box.every is not None:
        raise BadPage(step.line, step.title, "every: only a check of the watch is made again and again")
    if box.undoes and step.part != "rollback":
        raise BadPage(step.line, step.title, "undoes: only a step of the rollback undoes another")
    if box.undoes and box.undoes not in {other.id for other in page.steps}:
        raise BadPage(step.line, step.title, f'undoes: there is no step "{box.undoes}" on the page')
    if why := box.wrong_beside({other.id: other.box for other in page.steps}):
        raise BadPage(step.line, step.title, why)
    if step.part == "rollback" and box.on_failure == "roll back":
        raise BadPage(step.line, step.title, "on_failure: a step of the rollback cannot roll back; write ask or tell")


def _check_values(page: Page) -> None:
    given = set(RUN_VALUES)
    for step in page.steps:
        if missing := sorted(step.box.needs() - given):
            raise BadPage(step.line, step.title, f"<{missing[0]}> is used here, and no step above gives it")
        given |= set(step.box.gives())
