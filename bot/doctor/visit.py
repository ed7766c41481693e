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
from commands.start.preflight import (
    LIMIT,
    Lane,
    PreflightLine,
    environment_lines,
    in_parallel,
    require_no_failures,
    run_preflight,
)

AT_START = 10.0  # seconds that somebody who starts a run is kept waiting at most


def visit(settings: Settings, page: Page, ref: str = "", limit: float = LIMIT) -> list[PreflightLine]:
    """Everything that can be known of a page before its run."""
    from bot.doctor.slack import look_at_slack

    environ = settings.environ
    told = channel(page, environ)
    lanes: dict[str, Lane] = {
        "record": lambda: look_at_record(settings.state),
        "Slack": lambda: look_at_slack(settings, told, mentions(page, environ)),
        "places": lambda: _places(settings, page, ref, limit),
        "the next page": lambda: _next_page(settings, page, limit),
    }
    return environment_lines(missing(page, environ)) + in_parallel(lanes, limit + 2)


def _places(settings: Settings, page: Page, ref: str, limit: float) -> list[PreflightLine]:
    tools = tools_for(page, settings)
    try:
        return run_preflight(page, tools, ref, limit=limit)
    finally:
        # in a thread of its own: a host that hangs would keep the farewell waiting
        threading.Thread(target=tools.close, name="doctor leaves", daemon=True).start()


def _next_page(settings: Settings, page: Page, limit: float) -> list[PreflightLine]:
    """What the page will need that KEEP starts, hours from now: to be mended till then, so at most a warning."""
    if not (name := page.decision.starts):
        return []
    following = read_pages(settings.runbook).get(name)
    if following is None:
        todo = f"put {name} beside {page.name}, or start it by hand after KEEP"
        return [
            PreflightLine(
                about=name,
                result=PreflightResult(level=WARN, summary="KEEP starts this page, and it is not here", todo=todo),
            )
        ]
    lines = environment_lines(missing(following, settings.environ)) + _places(settings, following, "", limit)
    return [
        PreflightLine(about=f"{name}, started by KEEP: {line.about}", result=replace(line.result, level=WARN))
        for line in lines
        if line.result.level in {WARN, FAIL}
    ]


def preflight(settings: Settings, page: Page, ref: str) -> tuple[str, ...]:
    """The warnings that stand before a run of a page. Raises Refused with every failure, and what to do about it."""
    lanes: dict[str, Lane] = {
        "places": lambda: _places(settings, page, ref, AT_START),
        "the next page": lambda: _next_page(settings, page, AT_START),
    }
    return require_no_failures(
        page, environment_lines(missing(page, settings.environ)) + in_parallel(lanes, AT_START + 2)
    )
