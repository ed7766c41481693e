"""`gonogo serve`: locks the record, runs the engine and serves Slack, until Ctrl-C or SIGTERM."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bot.slack.first_questions import First
    from commands.start.preflight import PreflightReport

import asyncio
import gc
import logging
import signal
import threading
import time
from collections.abc import Coroutine, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import cache, partial

from bot import log
from bot.alive import DEAD, INTERVAL, Alive
from bot.doors.deps import Deps
from bot.doors.in_force import read_terminal_users, to_put_in_force
from bot.doors.served_names import VARIABLE
from bot.drill_box.boxes import Boxes
from bot.environment import channel_problem, missing, wrong_ids
from bot.feeds.feeds import Feeds
from bot.metrics.watchers import Watchers
from bot.service_manager import ServiceManager
from bot.settings import Settings, read_pages
from bot.slack.presence import POSTED_FOR, Presence
from bot.tools import import_tools
from bot.tools.first_use import made_at_first_use
from bot.tools.secrets import Redactor, learn_from, redactor_for
from bot.wiring import make_deps, mirror_of, tools_for
from commands.ports.tools import Tools
from commands.run.engine import Engine
from commands.run.job_folders import JobFolders
from commands.runbook import Page
from state.errors import BadRecord, BadSettings, GonogoError, Refused
from state.journal import RecordKey
from state.place import open_record, require_private, verify_record
from state.sqlite.network_disk import NETWORK_TODO, network_problem
from state.store import RecordStore

LOG = logging.getLogger("gonogo")
# seconds in which nothing else is read or imported: it would take the processor from a rollback in the record
FIRST_TURNS = 5.0
CLOSE_LIMIT = 3.0  # seconds in which the connection to Slack must close
MOST_CHANGED = 10  # runs that are logged as changed


def serve(settings: Settings, *, slack: bool = True) -> int:
    """Serve until a signal; returns the exit code. Running jobs go on at their hosts, and the next bot finds them."""
    settings = replace(settings, slack=slack)
    redact = redactor_for((), settings.environ)
    log.set_up(redact)
    if slack:
        _require_slack(settings)
    read_terminal_users(settings.environ.get(VARIABLE, ""))  # a wrong value is refused before anything begins
    require_private(settings.state)
    watchers = Watchers(settings)  # a port that is taken is found before anything begins, too
    try:
        _serve_record(settings, redact, watchers)
    finally:
        watchers.stop()
    return 0


def _serve_record(settings: Settings, redact: Redactor, watchers: Watchers) -> None:
    store = _open_store(settings)

    def preflight(page: Page, ref: str) -> PreflightReport:
        from bot.doctor.page import preflight

        return preflight(settings, page, ref, deps.pages)

    masked = _Masked(settings, redact, store)
    # they are read at their first use, and again while they cannot be read
    boxes = Boxes(store, settings.boxes, settings.environ)
    deps = replace(make_deps(settings, store, cache(masked.pages), preflight), drills=boxes.played)
    starter = made_at_first_use(lambda: deps.starter)
    engine = Engine(store, masked.tools, starter, partial(mirror_of, settings), boxes.lost)
    signals = _received_signals()  # before the engine starts: from here on a signal stops it in order
    # and before the pages are read: a rollback in the record waits for no file, and needs none
    engine.start()
    presence = Presence()
    watchers.start(engine, store, presence if settings.slack else None, POSTED_FOR)
    engine.wait_for_first_turns(FIRST_TURNS)
    gc.enable()
    feeds = Feeds()
    manager = ServiceManager(settings.environ)
    alive = Alive(engine, store, manager)
    job_folders = JobFolders(store, masked.tools)
    try:
        served = _served_pages(deps, settings)
        deps.alike.serve_with(to_put_in_force(settings, served))
        threading.Thread(target=_afterwards, args=(settings, store.key), name="afterwards", daemon=True).start()
        feeds.start(settings, store)
        job_folders.start()
        boxes.start()
        if settings.slack:
            serving = _asked_and_served(deps, settings, manager, presence)
            asyncio.run(_serve_slack(serving, alive, signals, presence))
        else:
            manager.serves()
            # a signal that another thread takes ends no wait for a lock, so nothing waits for one here
            while not signals:
                alive.require()
                time.sleep(INTERVAL)
    finally:
        boxes.stop()
        job_folders.stop()
        deps.alike.stop()
        alive.leave()
        feeds.stop()
        store.close()


class _Masked:
    """The pages and their tools. What a page names is masked in the log before anything is done with the page."""

    def __init__(self, settings: Settings, redact: Redactor, store: RecordStore) -> None:
        self._settings = settings
        self._store = store
        self._redact = redact

    def pages(self) -> dict[str, Page]:
        """The pages on the disk, by file name. Raises Refused and BadPage."""
        pages = read_pages(self._settings.runbook)
        for page in pages.values():
            self._learn(page)
        return pages

    def tools(self, page: Page) -> Tools:
        """The tools of a page; a run's own page may name variables that the one on the disk does not."""
        self._learn(page)
        return tools_for(page, self._settings, self._store)

    def _learn(self, page: Page) -> None:
        learn_from(self._redact, page.masked_names(), self._settings.environ)


def _open_store(settings: Settings) -> RecordStore:
    """The record, with its key. Raises BadRecord, also for a key that cannot be read: nothing has begun yet."""
    store = open_record(settings.state, serving=True, key=settings.record_key)
    try:
        if store.has_lost_key():
            LOG.warning("the record's key is not here; set GONOGO_RECORD_KEY or GONOGO_RECORD_KEY_FILE as it was")
    except BadRecord:
        store.close()
        raise
    with suppress(BadRecord):  # the first run says why, and nothing that is under way needs it
        store.make_key()
    return store


def _afterwards(settings: Settings, key: RecordKey | None) -> None:
    """What may take its time once the first turns are over."""
    import_tools()
    if isinstance(settings.state, Path) and (problem := network_problem(settings.state)):
        LOG.warning("%s: %s", problem, NETWORK_TODO)
    _verify(settings, key)


def _verify(settings: Settings, key: RecordKey | None) -> None:
    """Log what was changed from outside in any run; the runners check the active ones themselves."""
    try:
        changed = [verdict for verdict in verify_record(settings.state, key) if verdict.changes]
    except BadRecord as error:
        LOG.warning("the record was not verified: %s", error)
        return
    for verdict in changed[:MOST_CHANGED]:
        which = f"run {verdict.run}" if verdict.run else "the record"
        LOG.error("the record was changed from outside: %s: %s (see `gonogo verify`)", which, verdict.changes[0])


def _require_slack(settings: Settings) -> None:
    """Raise BadSettings for what is wrong with the way to Slack, before anything begins."""
    settings.require_tokens()
    if not settings.app_token:
        if settings.metrics_port == settings.port:
            raise BadSettings(f"GONOGO_METRICS_PORT and GONOGO_PORT are both {settings.port}. Set two different ports.")
        from bot.slack.http_mode import require_port

        require_port(settings)


def _served_pages(deps: Deps, settings: Settings) -> list[Page]:
    """Log the pages and what they lack.

    Raises Refused for a bad page, and BadSettings for one without a channel, but only if no run is active.
    """
    try:
        read = deps.pages()
    except Exception as error:  # whatever it is, a run under way goes on
        if not deps.store.active_runs():
            raise
        LOG.warning("no run can be started: %s", error if isinstance(error, GonogoError) else "the pages are unread")
        return deps.known_pages()
    problems = [
        problem for page in read.values() if settings.slack and (problem := channel_problem(page, settings.environ))
    ]
    if problems and not deps.store.active_runs():
        raise BadSettings(" ".join(dict.fromkeys(problems)))
    pages = read.values() if settings.slack else ()
    for problem in (*problems, *(wrong for page in pages for wrong in wrong_ids(page, settings.environ))):
        LOG.error("%s No run can be started before that.", problem)
    for page in read.values():
        if names := missing(page, settings.environ, slack=settings.slack):
            LOG.warning("%s cannot be started yet. Not set in the environment: %s", page.name, ", ".join(names))
    LOG.info("serving the record %s with %s", settings.state, ", ".join(read))
    return list(read.values())


async def _serve_slack(
    served: Coroutine[Any, Any, None], alive: Alive, signals: Sequence[int], presence: Presence
) -> None:
    presence.begin()
    signalled = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, signalled.set)
    if signals:  # the signal came before this loop had its handlers
        signalled.set()
    serving = asyncio.create_task(served)
    waiting = asyncio.create_task(signalled.wait())
    watching = asyncio.create_task(alive.watch())
    await asyncio.wait({serving, waiting, watching}, return_when=asyncio.FIRST_COMPLETED)
    if serving.done():
        await _ended(serving)
    if not watching.done():
        watching.cancel()  # from here on the engine ends because it is told to
    serving.cancel()
    # another bot takes the runs meanwhile: closing a socket can wait for a silent peer
    leaving = asyncio.create_task(asyncio.to_thread(alive.leave))
    await asyncio.wait({serving, leaving}, timeout=CLOSE_LIMIT)
    if not watching.cancelled():
        await watching


async def _asked_and_served(deps: Deps, settings: Settings, manager: ServiceManager, presence: Presence) -> None:
    """Serve Slack, after one round of questions to it. Where a run is active they are asked meanwhile: it never waits.

    Raises BadSettings for what Slack refuses, but only if no run is active.
    """
    from bot.slack.first_questions import ask_first
    from bot.slack.serve import make_client, serve_slack

    client, pages = make_client(settings), deps.known_pages()
    if not deps.store.active_runs():
        first = await ask_first(client, settings, pages)
        if first.refused:
            raise BadSettings(" ".join(first.refused))
        _tell(first)
        manager.serves()
        await serve_slack(deps, settings, first.socket, presence)
        return
    # the socket is opened by the part that serves, and once only
    asking = asyncio.create_task(ask_first(client, replace(settings, app_token=""), pages))
    asking.add_done_callback(lambda task: None if task.cancelled() else _tell(task.result()))
    manager.serves()
    try:
        await serve_slack(deps, settings, presence=presence)
    finally:
        asking.cancel()


def _tell(first: First) -> None:
    for problem in first.refused:
        LOG.error("%s No run can be started before that.", problem)
    if first.unreachable:
        LOG.warning("%s", first.unreachable)


async def _ended(serving: asyncio.Task[None]) -> None:
    """Raise what ended the part that serves Slack, which never returns by itself."""
    try:
        await serving
    except Exception as error:
        if isinstance(error, GonogoError):
            raise
        LOG.exception("internal error")
    raise Refused(DEAD.format(part="the connection to Slack"))


def _received_signals() -> list[int]:
    """A list to which SIGINT and SIGTERM are added as they arrive."""
    signals: list[int] = []
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda received, _: signals.append(received))
    return signals
