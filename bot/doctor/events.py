"""The doctor's check of the address to which events are sent: it takes one event of a test."""

from __future__ import annotations

from contextlib import closing

from bot.settings import Settings
from commands.ports.preflight import FAIL, OK, PreflightResult
from commands.start.preflight import PreflightLine


def check_events(settings: Settings) -> list[PreflightLine]:
    """Whether the address of GONOGO_EVENTS_URL takes a signed event; nothing where none is set."""
    if not settings.events_url:
        return []
    from bot.feeds.webhook import Webhook

    with closing(Webhook(settings)) as webhook:
        problem = webhook.post_test()
    if problem:
        todo = "it must answer POST with 2xx within 10 s; compare address, secret and proxy with docs/events.md"
        summary = f"the address in GONOGO_EVENTS_URL did not take an event of the type io.gonogo.test ({problem})"
        result = PreflightResult(level=FAIL, summary=summary, todo=todo)
    else:
        summary = "the address in GONOGO_EVENTS_URL took a signed event of the type io.gonogo.test"
        result = PreflightResult(level=OK, summary=summary)
    return [PreflightLine(about="events", result=result)]
