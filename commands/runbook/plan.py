"""The plan of a page: every exact command, query and question, and the expected timeline."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from commands.runbook.losses import changing_steps
from commands.runbook.page import STAGES, Page, PageStep, Part
from commands.text.durations import format_duration


def timeline(page: Page) -> list[tuple[timedelta, str]]:
    """The expected times, from the start on, of each forward step, the watch and the decision."""
    times = []
    at = timedelta(0)
    for step in page.forward:
        times.append((at, step.title))
        at += step.box.takes
    if page.watch:
        times.append((at, f"Watch for {format_duration(page.watch.lasts)}"))
        at += page.watch.lasts
    keep = f"KEEP, which starts {page.decision.starts} at once," if page.decision.starts else "KEEP"
    return [*times, (at, f"Decision: {page.roles[page.decision.role].title} decides {keep} or ROLLBACK")]


def plan_lines(page: Page) -> Iterator[str]:
    """The whole plan as text, part by part."""
    yield f"{page.title} → {page.runbook.target}, ref {page.runbook.ref}"
    yield from _place_lines(page)
    yield from _timeline_lines(page)
    for part, title in STAGES.items():
        if steps := page.part(part):
            yield ""
            yield f"{title.upper()}{_time_limit(page, part)}"
            if part == Part.ROLLBACK and (loses := page.rollback.loses):
                losses = f"what a rollback would lose ({loses.says}) on {loses.database}"
                changes = " and ".join(f"“{step.title}”" for step in changing_steps(page, loses))
                yield f"  queries {losses}, right after {changes} and then again and again: {loses.sql}"
            if part == Part.ROLLBACK and (needed := _needed(page)):
                yield f"  reaches {needed} first; nothing changes before that"
            for step in steps:
                yield from _step_lines(page, step)
            if part == Part.BEFORE:
                yield from _check_lines(page)
    yield from _alert_lines(page)
    yield ""
    yield f"DECISION by {page.roles[page.decision.role].title}"
    yield from (f"  asks: {item}" for item in page.decision.items)
    if page.decision.starts:
        yield f"  KEEP starts {page.decision.starts}"


def _place_lines(page: Page) -> Iterator[str]:
    for name, host in page.places.hosts.items():
        if host.is_local:
            yield f"host {name} is the bot's own machine: commands run as the bot's user and can read its keys"
            yield f"  they get {host.variables()}, and the variables of their step"
    for name, database in page.places.databases.items():
        if words := database.pg_programs:
            yield f"database {name}: hosts run psql, pg_dump and pg_restore through `{words}`, and stream the backup"


def _timeline_lines(page: Page) -> Iterator[str]:
    yield ""
    yield "TIMELINE"
    for at, title in timeline(page):
        yield f"  T+{int(at.total_seconds() // 60)} min".ljust(14) + title


def _time_limit(page: Page, part: str) -> str:
    if part == Part.WATCH and page.watch:
        return f" for {format_duration(page.watch.lasts)}"
    return f" within {format_duration(page.rollback.within)}" if part == Part.ROLLBACK else ""


def _step_lines(page: Page, step: PageStep) -> Iterator[str]:
    box = step.box
    every = f", every {format_duration(box.every)}" if box.every else ""
    undoes = f", only if “{page.step(box.undoes).title}” was started" if box.undoes else ""
    order = "" if box.after is None else f", {_order(page, box.after)}"
    limits = f"timeout {format_duration(box.limit)}; on failure {box.on_failure}"
    yield f"  {step.title}  [{box.kind}{every}{undoes}{order}; {limits}]"
    yield from (f"    {line}" for text in box.plan() for line in text.splitlines())
    if box.undone_by:
        yield f"    a rollback does not undo this: {box.why}"
    if roles := sorted(box.roles()):
        yield f"    needs the signatures of: {', '.join(page.roles[role].title for role in roles)}"


def _check_lines(page: Page) -> Iterator[str]:
    """What is checked again right before the first step that changes production."""
    lines = [line for step in page.part(Part.BEFORE) for text in step.box.recheck_plan() for line in text.splitlines()]
    if lines:
        yield "  Check again what was signed  [right before the first change]"
        yield from (f"    {line}" for line in lines)
    if page.runbook.valid:
        yield f"  a signature counts for {format_duration(page.runbook.valid)} until then"


def _needed(page: Page) -> str:
    """The hosts and databases of the rollback's steps, in words."""
    places = sorted({place for step in page.part(Part.ROLLBACK) for place in step.box.places()}, reverse=True)
    return ", ".join(f"{sort.removesuffix('s')} {name}" for sort, name in places if sort != "webs")


def _order(page: Page, after: list[str]) -> str:
    names = ", ".join(f"“{page.step(name).title}”" for name in after)
    return f"waits only for {names}" if names else "waits for no other step"


def _alert_lines(page: Page) -> Iterator[str]:
    if page.alerts:
        yield ""
        yield "ALERTS"
    for alert in page.alerts:
        countdown = f" after a countdown of {format_duration(alert.countdown)}" if alert.action != "tell" else ""
        otherwise = f"; with less, “{alert.otherwise}” judges instead" if alert.otherwise else ""
        rule = "expected, never acts" if alert.expected else f"{alert.rule}{otherwise} → {alert.action}{countdown}"
        yield f"  {alert.name}: {alert.measure} of “{page.step(alert.check).title}” {rule}"
