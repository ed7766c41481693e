"""`gonogo serve`: the record's lock, the engine that carries runs on, and Slack beside it, until Ctrl-C or SIGTERM."""

from __future__ import annotations

import asyncio
import logging
import signal
import threading

from bot import log
from bot.doors.deps import Deps
from bot.environment import missing
from bot.settings import Settings, read_pages
from bot.wiring import make_deps, tools_for
from commands.run.engine import Engine
from commands.runbook import Page
from state.sqlite.store import Store

LOG = logging.getLogger("gonogo")
LEAVE = 3.0  # seconds that Slack gets to say goodbye


def serve(settings: Settings, *, slack: bool = True) -> int:
    """Serve until told to leave; running jobs stay on their hosts and are found again. Returns the exit code."""
    log.set_up()
    if slack:
        settings.must_serve()
    pages = read_pages(settings.runbook)
    for page in pages.values():
        if names := missing(page, settings.environ):
            LOG.warning("%s cannot be started yet, not set in the environment: %s", page.name, ", ".join(names))
    store = Store(settings.state, serving=True)

    def preflight(page: Page, ref: str) -> tuple[str, ...]:
        from bot.doctor.visit import preflight

        return preflight(settings, page, ref)

    deps = make_deps(settings, store, lambda: pages, preflight)
    engine = Engine(store, lambda page: tools_for(page, settings), deps.starter)
    leaving = _until_signal()  # before a run goes on: from here on it leaves in good order
    engine.start()
    LOG.info("serving the record %s with %s", settings.state, ", ".join(pages))
    try:
        if slack:
            asyncio.run(_with_slack(settings, deps, leaving))
        else:
            leaving.wait()
    finally:
        engine.stop()
        store.close()
    return 0


async def _with_slack(settings: Settings, deps: Deps, told: threading.Event) -> None:
    from bot.slack.serve import serve_slack

    leaving = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, leaving.set)
    if told.is_set():  # while this loop was on its way
        leaving.set()
    serving = asyncio.create_task(serve_slack(deps, settings))
    stopping = asyncio.create_task(leaving.wait())
    await asyncio.wait({serving, stopping}, return_when=asyncio.FIRST_COMPLETED)
    if serving.done():
        await serving  # it never ends well by itself: tell why
    serving.cancel()
    # a socket whose other side is silent would keep its farewell waiting; leaving must not
    await asyncio.wait({serving}, timeout=LEAVE)


def _until_signal() -> threading.Event:
    leaving = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: leaving.set())
    return leaving
