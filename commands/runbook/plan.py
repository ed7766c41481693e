"""The plan of a page: every command, query and question, and the expected timeline."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta

from commands.runbook.groups import hosts_in_words, lines_of_page
from commands.runbook.losses import changing_steps
from commands.runbook.page import STAGES, Page, PageStep, Part
from commands.steps.plan_line import indented
from commands.text.durations import format_duration


def planned_starts(page: Page) -> dict[str, timedelta]:
    """When each forward step is expected to begin, from the start on, by id. Hosts together begin at the same time."""
    starts: dict[str, timedelta] = {}
    at = timedelta(0)
    for steps in lines_of_page(page.forward):
        for step in steps:
            starts[step.id] = at
            at += step.box.takes if step.turn else timedelta(0)
        at += timedelta(0) if steps[0].turn else steps[0].box.takes
    return starts


def timeline(page: Page) -> list[tuple[timedelta, str]]:
    """The expected times, from the start on, of each forward step, the watch and the decision."""
    starts = planned_starts(page)
    times = [(starts[steps[0].id], line_title(steps)) for steps in lines_of_page(page.forward)]
    at = max((starts[step.id] + step.box.takes for step in page.forward), default=timedelta(0))
    if page.watch:
        times.append((at, f"Watch for {format_duration(page.watch.lasts)}"))
        at += page.watch.lasts
    keep = f"KEEP, which starts {page.decision.starts} at once," if page.decision.starts else "KEEP"
    return [*times, (at, f"Decision: {page.roles[page.decision.role].title} decides {keep} or ROLLBACK")]


def plan_lines(page: Page) -> Iterator[str]:
    """The whole plan as text, part by part. A line about a program of the bot is a `ProgramLine`."""
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
                touched = ", of a group those that were touched" if any(step.host for step in steps) else ""
                yield f"  reaches {needed} first{touched}; nothing changes before that"
            for same in lines_of_page(steps):
                yield from _group_lines(page, same)
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


def line_title(steps: Sequence[PageStep]) -> str:
    """The title of a step of the page, with the hosts of a group on which it is done."""
    written, hosts = steps[0].turn or steps[0].written or steps[0], hosts_in_words(steps)
    return f"{written.title} ({hosts})" if hosts else written.title


def _group_lines(page: Page, steps: Sequence[PageStep]) -> Iterator[str]:
    """A step of the page, once for all its hosts; or a box with the steps that are done for each host."""
    if turn := steps[0].turn:
        yield f"  {line_title(steps)}  [{turn.box.kind}{_undoes(page, turn)}{_order(page, turn)}]"
        for step in (step for step in steps if step.host == steps[0].host):
            own = step.written or step
            yield from (inner for line in _step_lines(page, own, own.title) for inner in indented(line, 2))
    else:
        yield from _step_lines(page, steps[0].written or steps[0], line_title(steps))


def _undoes(page: Page, step: PageStep) -> str:
    box = step.box
    there = " there" if step.part == Part.ROLLBACK and box.undoes in _written(page) else ""
    return f", only if “{_title_of(page, box.undoes)}” was started{there}" if box.undoes else ""


def _written(page: Page) -> dict[str, str]:
    """The titles of the page's own steps that stand for several, by id."""
    found = [written for step in page.steps for written in (step.written, step.turn) if written]
    return {step.id: step.title for step in found}


def _title_of(page: Page, step_id: str) -> str:
    return _written(page).get(step_id) or page.step(step_id).title


def _step_lines(page: Page, step: PageStep, title: str) -> Iterator[str]:
    box = step.box
    every = f", every {format_duration(box.every)}" if box.every else ""
    limits = f"limit {format_duration(box.limit)}; on failure {box.on_failure}"
    if box.asks_people:  # nobody is timed out, and a sign-off is refused rather than failed
        limits = f"no time limit; on a refusal {box.on_failure}"
    yield f"  {title}  [{box.kind}{every}{_undoes(page, step)}{_order(page, step)}; {limits}]"
    yield from (line for text in box.plan() for line in indented(text, 4))
    if box.undone_by:
        yield f"    a rollback does not undo this: {box.why}"
    if roles := sorted(box.roles()):
        yield f"    needs the signatures of: {', '.join(page.roles[role].title for role in roles)}"


def _check_lines(page: Page) -> Iterator[str]:
    """What is checked again right before the first step that changes production."""
    texts = [text for step in page.part(Part.BEFORE) for text in step.box.recheck_plan()]
    lines = [line for text in texts for line in indented(text, 4)]
    if lines:
        yield "  Check again what was signed  [right before the first change]"
        yield from lines
    if page.runbook.valid:
        yield f"  a signature counts for {format_duration(page.runbook.valid)} until then"


def _needed(page: Page) -> str:
    """The hosts and databases of the rollback's steps, in words."""
    places = sorted({place for step in page.part(Part.ROLLBACK) for place in step.box.places()}, reverse=True)
    return ", ".join(f"{sort.removesuffix('s')} {name}" for sort, name in places if sort != "webs")


def _order(page: Page, step: PageStep) -> str:
    if step.box.after is None:
        return ""
    names = ", ".join(f"“{_title_of(page, name)}”" for name in step.box.after)
    return f", waits only for {names}" if names else ", waits for no other step"


def _alert_lines(page: Page) -> Iterator[str]:
    if page.alerts:
        yield ""
        yield "ALERTS"
    for alert in page.alerts:
        countdown = f" after a countdown of {format_duration(alert.countdown)}" if alert.action != "tell" else ""
        otherwise = f"; with less, “{alert.otherwise}” judges instead" if alert.otherwise else ""
        rule = (
            "expected, never acts" if alert.expected else f"limit: {alert.rule}{otherwise} → {alert.action}{countdown}"
        )
        yield f"  {alert.name}: {alert.measure} of “{page.step(alert.check).title}”, {rule}"
