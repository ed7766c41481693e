"""What one part of a page says about another: places, roles, values and steps that are named must be there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain

from commands.runbook.alert_rule import AlertRule
from commands.runbook.page import Criterion, Page, PageStep, Part
from commands.text.durations import format_duration
from state.errors import BadPage

_MOST = {"cpu": 100, "memory": 100, "failed": 1, "failed_share": 1}

# values every run has before its first step
RUN_VALUES = frozenset({"ref", "run", "countdown"})


def check_references(page: Page, lines: dict[str, int]) -> None:
    """Raise BadPage for the first name that stands for nothing, a value used before it is there, or a field out of place."""
    for step in page.steps:
        _check_places(page, step)
        named = step.box.roles() | {step.box.asks} - {""} | set(getattr(step.box, "roles_to_tell", ()))
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
        if why := _never(page, alert):
            raise BadPage(lines["alerts"], alert.name, why)
    if twice := next((a.name for n, a in enumerate(page.alerts) if a.name in {b.name for b in page.alerts[:n]}), None):
        raise BadPage(lines["alerts"], twice, "two alerts have this name; buttons and the record know them by it")
    for criterion in [*page.criteria.go, *page.criteria.no_go] if page.criteria else []:
        known = watched | {alert.name for alert in page.alerts}
        _check_known(
            lines["success criteria"], criterion.text, "shown_by, the step", criterion.shown_by, known, "the page"
        )
        if why := _wrong_criterion(page, criterion):
            raise BadPage(lines["success criteria"], criterion.text, why)


def _wrong_criterion(page: Page, criterion: Criterion) -> str:
    """Why a line's own limit or time would mean nothing; empty where it does."""
    alerts = {alert.name for alert in page.alerts}
    if criterion.above is not None and not (criterion.shown_by and set(criterion.shown_by) <= alerts):
        return "above is a limit for the measure of an alert: name alerts alone in shown_by"
    checks = {step.id: step.box.every for step in page.part(Part.WATCH)}
    for name in criterion.shown_by if criterion.within else []:
        every = checks.get(name)
        if every is None or (criterion.within and every > criterion.within):
            return f'within: "{name}" is not a check that is made within that time'
    return ""


def _never(page: Page, alert: AlertRule) -> str:
    """Why a row of the alert table could never be raised, or would always be; empty where it can do its work."""
    if alert.expected:
        return ""
    return next(chain(_wrong_limits(alert), _wrong_looks(page, alert), _wrong_stead(page, alert)), "")


def _wrong_limits(alert: AlertRule) -> Iterator[str]:
    above, below = alert.above, alert.below
    if above is None and below is None:
        yield "the alert has neither above nor below, so it could never be raised"
    if above is not None and below is not None and below > above:
        yield f"every value is above {above:g} or below {below:g}, so it would always be raised"
    if alert.warn_above is not None and above is not None and alert.warn_above >= above:
        yield f"warn_above {alert.warn_above:g} is not less than above {above:g}, so it would never warn first"
    if alert.times_baseline is not None and above is None:
        yield "times_baseline needs above as well: beside a baseline of zero everything is many times as much"
    if alert.measure in _MOST and above is not None and above >= _MOST[alert.measure]:
        yield f"{alert.measure} is never above {_MOST[alert.measure]}, so it could never be raised"


def _wrong_looks(page: Page, alert: AlertRule) -> Iterator[str]:
    every = page.step(alert.check).box.every
    if every is None or page.watch is None:
        yield f'"{alert.check}" is not a check of the watch, so nothing would be measured again and again'
        return
    looks = max(1, int(page.watch.lasts / every))
    if alert.in_a_row > looks:
        yield f"in_a_row = {alert.in_a_row}, and the watch looks {looks} times only, so it could never be raised"
    if alert.lasting is not None and alert.lasting >= page.watch.lasts:
        yield f"lasting is {format_duration(alert.lasting)}, and the watch itself is no longer, so it could never be raised"


def _wrong_stead(page: Page, alert: AlertRule) -> Iterator[str]:
    """Silence of a row may be normal only where another one always judges instead."""
    if not alert.otherwise:
        return
    if not alert.enough:
        yield "otherwise needs enough as well: how much there must be for this row to judge by itself"
    other = next((one for one in page.alerts if one.name == alert.otherwise), None)
    if other is None:
        yield f'otherwise: there is no alert "{alert.otherwise}"'
    elif other.expected or other.enough or other.check == alert.check:
        yield f'otherwise: "{other.name}" cannot judge instead; it must be of another check, not expected, and without enough'


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
    if step.part == Part.WATCH and box.every is None:
        raise BadPage(
            step.line, step.title, 'every: is missing; a check of the watch says how often, like every = "15 min"'
        )
    if step.part != Part.WATCH and box.every is not None:
        raise BadPage(step.line, step.title, "every: only a check of the watch is made again and again")
    if box.undoes and step.part != Part.ROLLBACK:
        raise BadPage(step.line, step.title, "undoes: only a step of the rollback undoes another")
    if box.undoes and box.undoes not in {other.id for other in page.steps}:
        raise BadPage(step.line, step.title, f'undoes: there is no step "{box.undoes}" on the page')
    if box.after is not None:
        _check_after(page, step, box.after)
    if why := box.page_error({other.id: other.box for other in page.steps}):
        raise BadPage(step.line, step.title, why)
    if step.part == Part.ROLLBACK and box.on_failure == "roll back":
        raise BadPage(step.line, step.title, "on_failure: a step of the rollback cannot roll back; write ask or tell")


def _check_after(page: Page, step: PageStep, after: list[str]) -> None:
    if step.part != Part.ROLLBACK:
        raise BadPage(step.line, step.title, "after: only steps of the rollback may run side by side")
    steps = [other.id for other in page.part(Part.ROLLBACK)]
    above = steps[: steps.index(step.id)]
    for name in after:
        if name not in above:
            raise BadPage(step.line, step.title, f'after: there is no step "{name}" above it in the rollback')


def _check_values(page: Page) -> None:
    given = set(RUN_VALUES)
    for step in page.steps:
        if missing := sorted(step.box.inputs() - given):
            raise BadPage(step.line, step.title, f"<{missing[0]}> is used here, and no step above gives it")
        given |= set(step.box.outputs())
