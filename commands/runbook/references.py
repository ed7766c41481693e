"""Checks that every place, role, step, value and alert that a page names is on the page."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import chain

from commands.runbook.alert_rule import AlertRule
from commands.runbook.page import CriteriaBox, Criterion, Page, PageStep, Part
from commands.steps.base import StepBox, page_value_types
from commands.steps.value_types import ValueType
from commands.text.durations import format_duration
from commands.text.page_rules import for_authors
from state.errors import BadPage

# measure -> the highest value it can have
_MAXIMUM = {"cpu": 100, "memory": 100, "failed": 1, "failed_share": 1}

# values that every run has before its first step
RUN_VALUES = frozenset({"ref", "run", "countdown"})


def check_references(page: Page, lines: dict[str, int]) -> None:
    """Raise BadPage for the first name without a target, value without a step that sets it, or field in the wrong part.

    `lines` are the lines of the parts' headings.
    """
    for step in page.steps:
        _check_places(page, step)
        _check_roles(page, step.line, step.title, _roles_in(step))
        _check_fields(page, step)
    _check_values(page)
    for part, roles in _roles_of_parts(page):
        _check_roles(page, lines.get(part, 1), part.capitalize(), roles)
    if page.rollback.loses:
        database = page.rollback.loses.database
        _check_known(lines["rollback"], "loses", "database", {database}, page.places.databases, "Places")
    if page.runbook.after_rollback and for_authors():
        _check_watch_after(page)
    if page.alerts:
        _check_alerts(page, lines["alerts"])
    if page.criteria:
        _check_criteria(page, page.criteria, lines["success criteria"])


def _check_watch_after(page: Page) -> None:
    if any(step.box.checks_before() or (step.part == Part.ROLLBACK and step.box.only_looks()) for step in page.steps):
        return
    raise BadPage(
        1,
        page.title,
        "after_rollback: nothing would be checked; add a step to the rollback that only looks (http, steady, "
        "query), or a baseline, whose checks fit the old version",
    )


def _check_alerts(page: Page, line: int) -> None:
    steps = {step.id for step in page.steps}
    names: set[str] = set()
    for alert in page.alerts:
        _check_known(line, alert.name, "check", {alert.check}, steps, "the page")
        if why := _alert_error(page, alert):
            raise BadPage(line, alert.name, why)
    for alert in page.alerts:
        if alert.name in names:
            raise BadPage(line, alert.name, "name: two alerts have this name; give each its own, buttons need it")
        names.add(alert.name)


def _check_criteria(page: Page, criteria: CriteriaBox, line: int) -> None:
    known = {step.id for step in page.steps} | {alert.name for alert in page.alerts}
    for criterion in [*criteria.go, *criteria.no_go]:
        _check_known(line, criterion.text, "shown_by", criterion.shown_by, known, "the page")
        if why := _criterion_error(page, criterion):
            raise BadPage(line, criterion.text, why)


def _criterion_error(page: Page, criterion: Criterion) -> str:
    """Why a line's own limit or time span has no meaning; empty if it has one."""
    alerts = {alert.name for alert in page.alerts}
    if criterion.above is not None and not (criterion.shown_by and set(criterion.shown_by) <= alerts):
        return "above: is a limit for the measure of an alert; name only alerts in shown_by"
    intervals = {step.id: step.box.every for step in page.part(Part.WATCH)}
    for name in criterion.shown_by if criterion.within else []:
        every = intervals.get(name)
        if every is None or (criterion.within and every > criterion.within):
            return f'within: "{name}" is not a check that runs within that time; write more, or name another check'
    return ""


def _alert_error(page: Page, alert: AlertRule) -> str:
    """Why an alert could never be raised, or would always be; empty if it can do its work."""
    if alert.expected:
        return ""
    return next(chain(_limit_errors(alert), _sample_errors(page, alert), _otherwise_errors(page, alert)), "")


def _limit_errors(alert: AlertRule) -> Iterator[str]:
    above, below = alert.above, alert.below
    if above is None and below is None:
        yield "above: the alert has neither above nor below, so it could never be raised; add one"
    if above is not None and below is not None and below > above:
        yield f"below: every value is above {above:g} or below {below:g}, so it would always be raised; write less"
    if alert.warn_above is not None and above is not None and alert.warn_above >= above:
        yield f"warn_above: {alert.warn_above:g} is not below {above:g} (above), so it would never warn; write less"
    if alert.times_baseline is not None and above is None:
        yield "times_baseline: needs above as well, because every value is many times a baseline of 0; add it"
    if alert.measure in _MAXIMUM and above is not None and above >= _MAXIMUM[alert.measure]:
        highest = _MAXIMUM[alert.measure]
        yield f"above: {alert.measure} is never above {highest}, so it could never be raised; write less"


def _sample_errors(page: Page, alert: AlertRule) -> Iterator[str]:
    every = page.step(alert.check).box.every
    if every is None or page.watch is None:
        yield f'check: "{alert.check}" is not in the watch, so it is measured only once; name a check of the watch'
        return
    samples = max(1, int(page.watch.lasts / every))
    if alert.in_a_row > samples:
        yield f"in_a_row: the watch takes only {samples} samples, so it could never be raised; write at most {samples}"
    if alert.lasting is not None and alert.lasting >= page.watch.lasts:
        lasts = format_duration(page.watch.lasts)
        yield f"lasting: the watch itself takes only {lasts}, so it could never be raised; write less"


def _otherwise_errors(page: Page, alert: AlertRule) -> Iterator[str]:
    """A quiet alert may be normal only if another one then always judges instead."""
    if not alert.otherwise:
        return
    if not alert.enough:
        yield "otherwise: needs enough as well, which says how much this alert needs to judge; add it"
    other = next((other for other in page.alerts if other.name == alert.otherwise), None)
    if other is None:
        yield f'otherwise: there is no alert "{alert.otherwise}"; name another alert of the table'
    elif other.expected or other.enough or other.check == alert.check:
        todo = "name an alert of another check that has neither expected nor enough"
        yield f'otherwise: "{other.name}" cannot judge instead; {todo}'


def _roles_in(step: PageStep) -> set[str]:
    return (step.box.roles() | {step.box.asks} | set(getattr(step.box, "roles_to_tell", ()))) - {""}


def _roles_of_parts(page: Page) -> list[tuple[str, set[str]]]:
    return [
        ("decision", {page.decision.role}),
        ("alerts", {role for alert in page.alerts for role in alert.pings}),
        ("runbook", set(page.runbook.starters)),
    ]


def _check_roles(page: Page, line: int, where: str, roles: set[str]) -> None:
    _check_known(line, where, "role", roles, page.roles, "Emergency contacts")


def _check_known(line: int, where: str, what: str, names: Iterable[str], known: Iterable[str], home: str) -> None:
    for name in sorted(set(names) - set(known)):
        choices = ", ".join(sorted(known)) or "none"
        raise BadPage(line, where, f'{what}: "{name}" is not on the page; {home} has {choices}')


def _check_places(page: Page, step: PageStep) -> None:
    for sort, name in sorted(step.box.places()):
        known = getattr(page.places, sort)
        if name not in known:
            choices = ", ".join(sorted(known)) or "none"
            raise BadPage(
                step.line, step.title, f'"{name}" is not under [{sort}] in Places, which has {choices}; add it'
            )


def _check_fields(page: Page, step: PageStep) -> None:
    box = step.box
    if why := next(_field_errors(page, step), "") or box.page_error({other.id: other.box for other in page.steps}):
        raise BadPage(step.line, step.title, why)
    if step.part == Part.ROLLBACK and box.on_failure == "roll back":
        raise BadPage(step.line, step.title, "on_failure: a step of the rollback cannot roll back; write ask or tell")


def _field_errors(page: Page, step: PageStep) -> Iterator[str]:
    box = step.box
    if step.part == Part.WATCH and box.every is None:
        yield 'every: is missing; write how often the check runs, like every = "15 min"'
    if step.part != Part.WATCH and box.every is not None:
        yield "every: only a check of the watch is repeated; remove it"
    if for_authors() and box.reruns_steps and not page.part(Part.SMOKE_TESTS):
        yield "part: the page has no smoke tests, so nothing would be run again; add some, or remove this step"
    if box.undoes and step.part != Part.ROLLBACK:
        yield "undoes: only a step of the rollback undoes another; remove it"
    if box.undoes and box.undoes not in {other.id for other in page.steps}:
        yield f'undoes: there is no step "{box.undoes}" on the page; write the id of a step'
    if box.after is not None:
        yield from _after_errors(page, step, box.after)


def _after_errors(page: Page, step: PageStep, after: list[str]) -> Iterator[str]:
    if step.part != Part.ROLLBACK:
        yield "after: only steps of the rollback may run in parallel; remove it"
        return
    steps = [other.id for other in page.part(Part.ROLLBACK)]
    above = steps[: steps.index(step.id)]
    for name in after:
        if name not in above:
            yield f'after: there is no step "{name}" above it in the rollback; name one that is above it'


def _check_values(page: Page) -> None:
    known = set(RUN_VALUES)
    types = page_value_types({step.id: step.box for step in page.steps})
    for step in page.steps:
        if why := next(_value_errors(step.box, known, types), ""):
            raise BadPage(step.line, step.title, why)
        known |= set(step.box.outputs())


def _value_errors(box: StepBox, known: set[str], types: Mapping[str, ValueType]) -> Iterator[str]:
    inputs, taken = sorted(box.inputs()), sorted(RUN_VALUES & set(box.outputs()))
    for name in (name for name in inputs if name not in known):
        yield f"<{name}> is used here, but no step above sets it; add that step above, or remove the value"
    for name in (name for name in inputs if types.get(name) is ValueType.TEXT and not box.takes_any_text):
        yield f"<{name}> is a text, which may be any characters; a step of this kind takes no text"
    for name in taken:
        yield f"values: every run has its own <{name}>; choose another name"
