"""The plan of a page: every exact command, query, request and question in order, and the computed T+ timeline."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from commands.runbook.page import STAGES, Page, PageStep, Part
from commands.text.durations import format_duration


def timeline(page: Page) -> list[tuple[timedelta, str]]:
    """When each forward step begins and the watch ends, counted from the start, if every step takes what the page says."""
    moments = []
    at = timedelta(0)
    for step in page.forward:
        moments.append((at, step.title))
        at += step.box.takes
    if page.watch:
        moments.append((at, f"Watch for {format_duration(page.watch.lasts)}"))
        at += page.watch.lasts
    return [*moments, (at, f"Decision: {page.roles[page.decision.role].title} decides KEEP or ROLLBACK")]


def plan_lines(page: Page) -> Iterator[str]:
    """The whole plan as text, part by part."""
    yield f"{page.title} → {page.runbook.target}, ref {page.runbook.ref}"
    yield from _timeline_lines(page)
    for part, title in STAGES.items():
        if steps := page.part(part):
            yield ""
            yield f"{title.upper()}{_how_long(page, part)}"
            if part == Part.ROLLBACK and (loses := page.rollback.loses):
                yield f"  before it, what it would lose ({loses.says}) is asked again and again on {loses.database}: {loses.sql}"
            for step in steps:
                yield from _step_lines(page, step)
    yield from _alert_lines(page)
    yield ""
    yield f"DECISION by {page.roles[page.decision.role].title}"
    yield from (f"  asks: {item}" for item in page.decision.items)
    if page.decision.starts:
        yield f"  KEEP starts {page.decision.starts}"


def _timeline_lines(page: Page) -> Iterator[str]:
    yield ""
    yield "TIMELINE"
    for at, title in timeline(page):
        yield f"  T+{int(at.total_seconds() // 60)} min".ljust(14) + title


def _how_long(page: Page, part: str) -> str:
    if part == Part.WATCH and page.watch:
        return f" for {format_duration(page.watch.lasts)}"
    return f" within {format_duration(page.rollback.within)}" if part == Part.ROLLBACK else ""


def _step_lines(page: Page, step: PageStep) -> Iterator[str]:
    box = step.box
    every = f", every {format_duration(box.every)}" if box.every else ""
    undoes = f", if “{page.step(box.undoes).title}” had begun" if box.undoes else ""
    after = "" if box.after is None else f", {_waits_for(page, box.after)}"
    yield f"  {step.title}  [{box.kind}{every}{undoes}{after}; limit {format_duration(box.limit)}; on failure {box.on_failure}]"
    yield from (f"    {line}" for text in box.plan() for line in text.splitlines())
    if roles := sorted(box.roles()):
        yield f"    waits for the sign-off of: {', '.join(page.roles[role].title for role in roles)}"


def _waits_for(page: Page, after: list[str]) -> str:
    names = ", ".join(f"“{page.step(name).title}”" for name in after)
    return f"waits for {names} only" if names else "waits for nothing"


def _alert_lines(page: Page) -> Iterator[str]:
    if page.alerts:
        yield ""
        yield "ALERTS"
    for alert in page.alerts:
        then = (
            alert.action
            if alert.action == "tell"
            else f"{alert.action}, after {format_duration(alert.countdown)} in which it may be held"
        )
        instead = f"; with less, “{alert.otherwise}” judges" if alert.otherwise else ""
        rule = "expected, never acts" if alert.expected else f"{alert.rule}{instead} → {then}"
        yield f"  {alert.name}: {alert.measure} of “{page.step(alert.check).title}” {rule}"
