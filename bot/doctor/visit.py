"""A visit of the doctor: the environment, the record, Slack and every place of a page, all at once."""

from __future__ import annotations

import threading
from dataclasses import replace

from bot.doctor.record import look_at_record
from bot.environment import channel, mentions, missing
from bot.settings import Settings, read_pages
from bot.wiring import tools_for
from commands.ports.preflight import FAIL, WARN, PreflightResult
from commands.runbook import Page
from commands.start.doctor import LIMIT, DoctorLine, Examination, examine, in_parallel, missing_line, refuse_failures

AT_START = 10.0  # seconds that somebody who starts a run is kept waiting at most


def visit(settings: Settings, page: Page, ref: str = "", limit: float = LIMIT) -> list[DoctorLine]:
    """Everything that can be known of a page before its run."""
    from bot.doctor.slack import look_at_slack

    environ = settings.environ
    told = channel(page, environ)
    lanes: dict[str, Examination] = {
        "record": lambda: look_at_record(settings.state),
        "Slack": lambda: look_at_slack(settings, told, mentions(page, environ)),
        "places": lambda: _places(settings, page, ref, limit),
        "the next page": lambda: _next_page(settings, page, limit),
    }
    return missing_line(missing(page, environ)) + in_parallel(lanes, limit + 2)


def _places(settings: Settings, page: Page, ref: str, limit: float) -> list[DoctorLine]:
    tools = tools_for(page, settings)
    try:
        return examine(page, tools, ref, limit=limit)
    finally:
        # in a thread of its own: a host that hangs would keep the farewell waiting
        threading.Thread(target=tools.close, name="doctor leaves", daemon=True).start()


def _next_page(settings: Settings, page: Page, limit: float) -> list[DoctorLine]:
    """What the page will need that KEEP starts, hours from now: to be mended till then, so at most a warning."""
    if not (name := page.decision.starts):
        return []
    following = read_pages(settings.runbook).get(name)
    if following is None:
        todo = f"put {name} beside {page.name}, or start it by hand after KEEP"
        return [
            DoctorLine(
                about=name,
                found=PreflightResult(level=WARN, summary="KEEP starts this page, and it is not here", todo=todo),
            )
        ]
    lines = missing_line(missing(following, settings.environ)) + _places(settings, following, "", limit)
    return [
        DoctorLine(about=f"{name}, started by KEEP: {line.about}", found=replace(line.found, level=WARN))
        for line in lines
        if line.found.level in {WARN, FAIL}
    ]


def preflight(settings: Settings, page: Page, ref: str) -> tuple[str, ...]:
    """The warnings that stand before a run of a page. Raises Refused with every failure, and what to do about it."""
    lanes: dict[str, Examination] = {
        "places": lambda: _places(settings, page, ref, AT_START),
        "the next page": lambda: _next_page(settings, page, AT_START),
    }
    return refuse_failures(page, missing_line(missing(page, settings.environ)) + in_parallel(lanes, AT_START + 2))
