"""A visit of the doctor: the environment, the record, Slack and every place of a page, all at once."""

from __future__ import annotations

from bot.doctor.record import look_at_record
from bot.settings import Settings
from bot.wiring import channel, mentions, missing, tools_for
from commands.checks import FAIL
from commands.doctor import LIMIT, Examination, Line, examine, in_parallel, missing_line
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
        "places": lambda: examine(page, tools_for(page, settings), ref, limit=limit),
    }
    return missing_line(missing(page, environ)) + in_parallel(lanes, limit + 2)


def before_start(settings: Settings, page: Page, ref: str, limit: float = AT_START) -> list[Line]:
    """What must be well before a run begins: the environment, the places, and what the steps need there."""
    lines = missing_line(missing(page, settings.environ))
    if any(line.found.level == FAIL for line in lines):
        return lines
    return lines + examine(page, tools_for(page, settings), ref, limit=limit)
