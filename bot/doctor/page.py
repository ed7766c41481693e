"""The doctor of one page: environment, state file, Slack and places, checked in parallel."""

from __future__ import annotations

import threading
from dataclasses import replace

from bot.doctor.record import check_record
from bot.environment import channel, mentions, missing
from bot.settings import Settings, read_pages
from bot.wiring import tools_for
from commands.ports.preflight import FAIL, WARN, PreflightResult
from commands.runbook import Page
from commands.start.doctor import LIMIT, DoctorLine, Examination, examine, in_parallel, missing_line, refuse_failures

START_LIMIT = 10.0  # seconds that a start waits for its preflight at most


def doctor_lines(settings: Settings, page: Page, ref: str = "", limit: float = LIMIT) -> list[DoctorLine]:
    """Everything that can be checked before a run of the page; returns about `limit` seconds later at the latest."""
    from bot.doctor.slack import check_slack

    environ = settings.environ
    lanes: dict[str, Examination] = {
        "state file": lambda: check_record(settings.state),
        "Slack": lambda: check_slack(settings, channel(page, environ), mentions(page, environ)),
        "places": lambda: _places(settings, page, ref, limit),
        "the next page": lambda: _next_page(settings, page, limit),
    }
    return missing_line(missing(page, environ)) + in_parallel(lanes, limit + 2)


def preflight(settings: Settings, page: Page, ref: str) -> tuple[str, ...]:
    """The warnings before a run of the page. Raises Refused with every failure, and how to fix it."""
    lanes: dict[str, Examination] = {
        "places": lambda: _places(settings, page, ref, START_LIMIT),
        "the next page": lambda: _next_page(settings, page, START_LIMIT),
    }
    lines = missing_line(missing(page, settings.environ)) + in_parallel(lanes, START_LIMIT + 2)
    return refuse_failures(page, lines)


def _places(settings: Settings, page: Page, ref: str, limit: float) -> list[DoctorLine]:
    tools = tools_for(page, settings)
    try:
        return examine(page, tools, ref, limit=limit)
    finally:
        # closing can wait for a host that hangs, so it has a thread of its own
        threading.Thread(target=tools.close, name="doctor closes its tools", daemon=True).start()


def _next_page(settings: Settings, page: Page, limit: float) -> list[DoctorLine]:
    """What the page that KEEP starts lacks. It runs hours later and can be fixed by then, so these are warnings."""
    if not (name := page.decision.starts):
        return []
    following = read_pages(settings.runbook).get(name)
    if following is None:
        todo = f"put {name} in the folder of {page.name}, or start it by hand after KEEP"
        missing_page = PreflightResult(level=WARN, summary="KEEP starts this page, and it does not exist", todo=todo)
        return [DoctorLine(about=name, found=missing_page)]
    lines = missing_line(missing(following, settings.environ)) + _places(settings, following, "", limit)
    return [
        DoctorLine(about=f"{name}, started by KEEP: {line.about}", found=replace(line.found, level=WARN))
        for line in lines
        if line.found.level in {WARN, FAIL}
    ]
