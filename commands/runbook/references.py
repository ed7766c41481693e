"""Checks that every place, role, step, value and alert that a page names is on the page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from commands.runbook.alert_errors import alert_errors
from commands.runbook.freeze import freeze_errors
from commands.runbook.group_rules import place_errors, step_errors, undoes_error
from commands.runbook.groups import turns
from commands.runbook.head_boxes import CriteriaBox, Criterion
from commands.runbook.mistakes import Mistakes
from commands.runbook.option import option_errors
from commands.runbook.page import Page, PageStep, Part
from commands.runbook.undone import undoing_steps
from commands.runbook.value_rules import value_errors
from commands.steps.base import PLACE_FIELDS, StepBox
from commands.steps.kinds.one_by_one import OneByOneStep
from commands.text.page_rules import for_authors

# fields that name files which the run must have stored
_STORED_FILES = {"sql": ("file",), "rehearse": ("forward", "rollback"), "review": ("migrations",)}


def check_references(page: Page, lines: dict[str, int], mistakes: Mistakes) -> None:
    """Note every name without a target, value without a step that sets it, and field in the wrong part.

    `lines` are the lines of the parts' headings.
    """
    names = _Names(page, mistakes)
    _check_local_hosts(page, lines, names)
    for why in place_errors(page):
        names.note(lines["places"], "Places", why)
    for step in page.steps:
        names.check_places(step)
        names.check_roles(step.line, step.title, _roles_in(step))
        if step.id not in mistakes.flawed:
            _check_fields(page, step, names)
    _check_stored_files(page, names)
    _check_values(page, names)
    for part, roles in _roles_of_parts(page):
        names.check_roles(lines.get(part, 1), part.capitalize(), roles)
    for why in freeze_errors(page.runbook.freeze, page.runbook.time_zone):
        names.note(lines.get("runbook", 1), page.title, why)
    _check_loses(page, lines, names)
    _check_cost_of_restore(page, lines, names)
    _check_head(page, names)
    if page.alerts:
        _check_alerts(page, lines["alerts"], names)
    if page.criteria:
        _check_criteria(page, page.criteria, lines["success criteria"], names)


def _has(home: str, names: Iterable[str]) -> str:
    return f"{home} has {', '.join(sorted(names)) or 'none'}"


class _Names:
    """Notes names that are not on the page, and other mistakes, unless a flawed box may be their cause."""

    def __init__(self, page: Page, mistakes: Mistakes) -> None:
        self._page = page
        self._mistakes = mistakes

    def note(self, line: int, where: str, why: str) -> None:
        if not any(f'"{name}"' in why or f"<{name}>" in why for name in self._mistakes.flawed):
            self._mistakes.add(line, where, why)

    def flawed(self, name: str) -> bool:
        """Whether a step or a part of this name cannot be judged, because its own box is wrong."""
        return name in self._mistakes.flawed

    @property
    def any_flawed(self) -> bool:
        """Whether any box is wrong."""
        return bool(self._mistakes.flawed)

    def flaw(self, step: PageStep) -> None:
        """From now on say nothing that may only follow from this box, in which a mistake was noted."""
        self._mistakes.flawed[step.id] = repr(step.box)

    def mentioned(self, name: str) -> bool:
        """Whether a flawed box mentions a name, so that it may be there once the box is mended."""
        return self._mistakes.mentioned(name)

    def check(self, line: int, where: str, what: str, names: Iterable[str], known: Iterable[str], there: str) -> None:
        """Note each name that is not known. `there` says what may be written instead, as `_has` does."""
        for name in sorted(set(names) - set(known)):
            if not self._mistakes.mentioned(name):
                why = f'{what}: "{name}" is not on the page; {there}'
                self._mistakes.add(line, where, why, value=name)

    def check_roles(self, line: int, where: str, roles: set[str]) -> None:
        if not self.flawed("emergency contacts"):
            known = self._page.roles
            self.check(
                line, where, "role", roles if for_authors() else roles - {""}, known, _has("Emergency contacts", known)
            )

    def check_places(self, step: PageStep) -> None:
        for sort, name in sorted(step.box.places() | _left_empty(step.box)) if not self.flawed("places") else ():
            known = self._page.places.names(sort)
            if name not in known:
                choices = ", ".join(sorted(known)) or "none"
                there = f"is not under [{sort}] in Places, which has {choices}"
                why = f'"{name}" {there}; write one of these, or add it there'
                self._mistakes.add(step.line, step.title, why, value=name)


def _left_empty(box: StepBox) -> set[tuple[str, str]]:
    """The places that a box must name and has as an empty text, which elsewhere means that it names none."""
    fields = type(box).model_fields if for_authors() else {}
    return {
        (section, "")
        for field, section in PLACE_FIELDS.items()
        if field in fields and fields[field].is_required() and getattr(box, field) == ""
    }


def _check_loses(page: Page, lines: dict[str, int], names: _Names) -> None:
    """What counts the loss names a step of the deploy that changes something, and a database of the page."""
    if loses := page.rollback.loses:
        changing = [step.id for step in page.part(Part.DEPLOY) if step.box.changes_production or step.box.makes_backup]
        names.check(lines["rollback"], "loses", "after: step", loses.after, changing, _has("the deploy", changing))
        if not names.flawed("places"):
            known = page.places.databases
            names.check(lines["rollback"], "loses", "database", {loses.database}, known, _has("Places", known))


def _check_cost_of_restore(page: Page, lines: dict[str, int], names: _Names) -> None:
    """A restore loses all that was written since the backup, so the page must count that from the backup on."""
    backups = {step.id for step in page.steps if step.box.makes_backup}
    restores = any((tool := step.box.tool_migration()) and tool.restores for step in page.part(Part.ROLLBACK))
    if not restores or not backups or (page.rollback.loses and backups & set(page.rollback.loses.after)):
        return
    count = "SELECT sum(n_tup_ins + n_tup_upd + n_tup_del) FROM pg_stat_user_tables"
    why = f'loses: back = "restore" loses what was written since the backup; count it, for example with "{count}" '
    names.note(
        lines.get("rollback", 1), "Rollback", f'{why}and after = ["{min(backups)}", …], the steps that change it'
    )


def _check_head(page: Page, names: _Names) -> None:
    if page.runbook.after_rollback and for_authors() and not names.any_flawed:
        _check_watch_after(page, names)
    if option := page.runbook.option:
        for why in option_errors(option, page.name, {step.id: step.box.kind for step in page.steps}):
            names.note(1, page.title, f"option: {why}")


def _check_watch_after(page: Page, names: _Names) -> None:
    if any(step.box.checks_before() or (step.part == Part.ROLLBACK and step.box.only_looks()) for step in page.steps):
        return
    cure = "add a step to the rollback that only looks (http, steady, query), or a baseline"
    names.note(1, page.title, f"after_rollback: nothing would be checked; {cure}, whose checks fit the old version")


def _check_alerts(page: Page, line: int, names: _Names) -> None:
    steps = {step.id for step in page.steps}
    watched = _has("the watch", (step.id for step in page.part(Part.WATCH)))
    for alert in page.alerts:
        names.check(line, alert.name, "check", {alert.check}, steps, watched)
        if alert.check in steps and not any(map(names.flawed, ("alerts", "watch", alert.check))):
            for why in alert_errors(page, alert):
                names.note(line, alert.name, why)
    for name, times in Counter(alert.name for alert in page.alerts).items():
        if times > 1:
            names.note(line, name, "name: two alerts have this name; give each its own, buttons need it")


def _check_criteria(page: Page, criteria: CriteriaBox, line: int, names: _Names) -> None:
    known = {step.id for step in page.steps} | {alert.name for alert in page.alerts}
    for criterion in [*criteria.go, *criteria.no_go]:
        names.check(line, criterion.text, "shown_by", criterion.shown_by, known, _has("the page", known))
        judged = set(criterion.shown_by) <= known and not any(
            map(names.flawed, ("success criteria", *criterion.shown_by))
        )
        if judged and (why := _criterion_error(page, criterion)):
            names.note(line, criterion.text, why)


def _criterion_error(page: Page, criterion: Criterion) -> str:
    """Why a line's own limit or time span has no meaning; empty if it has one."""
    alerts = {alert.name for alert in page.alerts}
    if criterion.above is not None and not (criterion.shown_by and set(criterion.shown_by) <= alerts):
        return "above: is a limit for the measure of an alert; name only alerts in shown_by"
    if criterion.max_alerts is not None and not page.part(Part.WATCH):
        return "max_alerts: the page has no checks of a watch, so nothing would be counted; remove it"
    intervals = {step.id: step.box.every for step in page.part(Part.WATCH)}
    for name in criterion.shown_by if criterion.within else []:
        every = intervals.get(name)
        if every is None or (criterion.within and every > criterion.within):
            return f'within: "{name}" is not a check that runs within that time; write more, or name another check'
    return ""


def _roles_in(step: PageStep) -> set[str]:
    return step.box.roles() | ({step.box.asks} - {""}) | set(getattr(step.box, "roles_to_tell", ()))


def _roles_of_parts(page: Page) -> list[tuple[str, set[str]]]:
    return [
        ("decision", {page.decision.role}),
        ("alerts", {role for alert in page.alerts for role in alert.pings}),
        ("runbook", {*page.runbook.starters, *(role for one in page.runbook.freeze for role in one.may_override)}),
    ]


def _check_fields(page: Page, step: PageStep, names: _Names) -> None:
    turn = turns(page.steps).get(step.id)
    unclear = names.flawed("places") or (turn and names.flawed(turn.id))
    group_errors = () if unclear else tuple(step_errors(page, step))
    for why in (*_field_errors(page, step), *group_errors):
        names.note(step.line, step.title, why)
    if group_errors and isinstance(step.box, OneByOneStep):
        names.flaw(step)
    boxes = {other.id: other.box for other in page.steps}
    # what a step undoes may decide whether it can, so that step must be there and right
    if step.box.undoes and (step.box.undoes not in boxes or names.flawed(step.box.undoes)):
        return
    if why := step.box.page_error(boxes):
        names.note(step.line, step.title, why)


def _check_stored_files(page: Page, names: _Names) -> None:
    """Note a SQL file that no release step stores: its step would fail when it begins, maybe in the rollback."""
    releases = [step for step in page.steps if step.box.kind == "release"]
    if not for_authors() or not releases or any(names.flawed(step.id) for step in releases):
        return
    stored = {file for step in releases for file in getattr(step.box, "files", ())}
    for step in page.steps:
        named = (getattr(step.box, name) for name in _STORED_FILES.get(step.box.kind, ()))
        wanted = {file for one in named for file in ([one] if isinstance(one, str) else one)} - {""}
        for file in sorted(wanted - stored):
            names.note(step.line, step.title, f'"{file}" is not in `files` of the release step; add it there')


def _check_local_hosts(page: Page, lines: dict[str, int], names: _Names) -> None:
    """Note a local host whose every command would get the address of another place."""
    addresses = page.places.addresses()
    for name, host in page.places.hosts.items():
        for variable in host.env:
            if variable in addresses:
                what = f"{variable} is the address or login of {addresses[variable]}, and every command would get it"
                todo = "remove it, and name it in the env of the step that needs it"
                names.note(lines["places"], "Places", f"hosts.{name}.env: {what}; {todo}")


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
    if why := undoes_error(page, step):
        yield why
    if box.undone_by or (box.why and not box.why_is_its_own):
        yield from _undone_by_errors(page, step)
    if box.after is not None:
        yield from _after_errors(page, step, box.after)
    if step.part == Part.ROLLBACK and box.on_failure == "roll back":
        yield "on_failure: a step of the rollback cannot roll back; write ask or tell"


def _undone_by_errors(page: Page, step: PageStep) -> Iterator[str]:
    if not step.box.undone_by:
        yield 'why: says why nothing undoes the step; write undone_by = "nothing" as well, or remove it'
    if not step.box.why.strip():
        yield "why: is missing; say why nothing undoes the step, and what people then do about what it changed"
    if step.part == Part.ROLLBACK:
        yield "undone_by: a step of the rollback is not undone; remove it"
    elif back := undoing_steps(page, step):
        yield f"undone_by: “{back[0].title}” of the rollback undoes it; remove one of them"


def _after_errors(page: Page, step: PageStep, after: list[str]) -> Iterator[str]:
    if step.part != Part.ROLLBACK:
        yield "after: only steps of the rollback may run in parallel; remove it"
        return
    steps = [other.id for other in page.part(Part.ROLLBACK)]
    above = steps[: steps.index(step.id)]
    for name in after:
        if name not in above:
            yield f'after: there is no step "{name}" above it in the rollback; name one that is above it'


def _check_values(page: Page, names: _Names) -> None:
    for step, why in value_errors(page, names.mentioned):
        names.note(step.line, step.title, why)
