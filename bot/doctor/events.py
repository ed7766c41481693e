"""The doctor's checks of where events and traces are sent."""

from __future__ import annotations

from contextlib import closing

from bot.settings import Settings
from commands.ports.preflight import FAIL, OK, WARN, PreflightResult
from commands.start.preflight import PreflightLine
from state.errors import BadSettings


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


def check_traces(settings: Settings) -> list[PreflightLine]:
    """Whether the collector of OpenTelemetry's variables takes a request; nothing where none is set.

    A bot works without traces, so nothing here is a failure.
    """
    from bot.feeds.otlp_settings import read_otlp_settings
    from bot.feeds.traces import INSTALL, Traces, is_installed

    try:
        wanted = read_otlp_settings(settings.environ)
        if wanted is None:
            return []
        if not is_installed():
            return [_traces(WARN, "they are not sent: their libraries are not installed", INSTALL)]
        with closing(Traces(wanted, settings.environ)) as traces:
            not_taken = traces.post(())
    except BadSettings as error:
        return [_traces(WARN, f"they are not sent: {error}", "correct it; see docs/operating.md")]
    if not_taken:
        todo = "compare its address, headers and proxy with docs/operating.md"
        return [_traces(WARN, f"{Traces.name} did not take an empty request ({not_taken.why})", todo)]
    return [_traces(OK, f"{Traces.name} took an empty request")]


def _traces(level: str, summary: str, todo: str = "") -> PreflightLine:
    return PreflightLine(about="traces", result=PreflightResult(level=level, summary=summary, todo=todo))
