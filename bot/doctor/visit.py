"""A visit of the doctor: the environment, the record, Slack and every place of a page, all at once."""

from __future__ import annotations

import threading

from bot.doctor.record import look_at_record
from bot.settings import Settings
from bot.wiring import channel, mentions, missing, tools_for
from commands.doctor import LIMIT, Examination, Line, examine, in_parallel, missing_line, refuse_failures
from commands.runbook import Page

AT_START = 10.0  # seconds that somebody who starts a run is kept waiting at most


def visit(settings: Settings, page: Page, ref: str = "", limit: float = LIMIT) -> list[Line]:
    """Everything that can be known of a page before its run."""
    from bot.doctor.slack import look_at_slack

    environ = settings.environ
    told = channel(page, environ)
    lanes: dict[str, Examination] = {
        "record": lambda: look_at_record(settings.state),
        "Slack": lambda: look_at_slack(settings, told, mentions(page, environ)),
        "places": lambda: _places(settings, page, ref, limit),
    }
    return missing_line(missing(page, environ)) + in_parallel(lanes, limit + 2)


def _places(settings: Settings, page: Page, ref: str, limit: float) -> list[Line]:
    tools = tools_for(page, settings)
    try:
        return examine(page, tools, ref, limit=limit)
    finally:
        # in a thread of its own: a host that hangs would keep the farewell waiting
        threading.Thread(target=tools.close, name="doctor leaves", daemon=True).start()


def must_be_well(settings: Settings, page: Page, ref: str) -> tuple[str, ...]:
    """The warnings that stand before a run of a page. Raises Refused with every failure, and what to do about it."""
    lines = missing_line(missing(page, settings.environ))
    return refuse_failures(page, lines + _places(settings, page, ref, AT_START))
