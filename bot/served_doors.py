"""What the bot does after its runs' first acts: it reads the pages, and serves people in Slack."""

from __future__ import annotations

import asyncio
import logging
import signal
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bot.alive import DEAD, Alive
from bot.doors.deps import Deps
from bot.doors.in_force import to_put_in_force
from bot.environment import channel_problem, missing, wrong_ids
from bot.service_manager import ServiceManager
from bot.settings import Settings
from bot.slack.presence import POSTED_FOR, Presence
from bot.tools import import_tools
from bot.wiring_doors import make_deps
from commands.runbook import Page
from commands.runbook.drill import Drills
from state.errors import BadRecord, BadSettings, GonogoError, Refused
from state.journal import RecordKey
from state.place import verify_record
from state.sqlite.network_disk import NETWORK_TODO, network_problem
from state.store import RecordStore

if TYPE_CHECKING:
    from bot.slack.first_questions import First
    from commands.start.preflight import PreflightReport

LOG = logging.getLogger("gonogo")
CLOSE_LIMIT = 3.0  # seconds in which the connection to Slack must close
MOST_CHANGED = 10  # runs that are logged as changed


class ServedDoors:
    """The doors of a bot that serves: `deps` is what they need. The pages are read by `pages`, once that succeeds.

    `presence` tells whether Slack is served, and `posted_for` how long after its end a run is posted there.
    """

    posted_for = POSTED_FOR

    def __init__(
        self, settings: Settings, store: RecordStore, pages: Callable[[], Mapping[str, Page]], drills: Drills
    ) -> None:
        self._settings = settings
        self.presence = Presence()
        self.deps = replace(make_deps(settings, store, cache(pages), self._preflight), drills=drills)

    def _preflight(self, page: Page, ref: str) -> PreflightReport:
        from bot.doctor.page import preflight

        return preflight(self._settings, page, ref, self.deps.pages)

    def read_pages(self) -> None:
        """Read the pages, and put in force who may act on them.

        Raises Refused for a bad page, and BadSettings for one without a channel, but only if no run is active.
        """
        served = served_pages(self.deps, self._settings)
        self.deps.alike.serve_with(to_put_in_force(self._settings, served))

    def import_and_verify(self) -> None:
        """Do what may take its time once the first acts are over."""
        settings, store = self._settings, self.deps.store
        import_tools()
        if isinstance(settings.state, Path) and (problem := network_problem(settings.state)):
            LOG.warning("%s: %s", problem, NETWORK_TODO)
        verify(settings, store.key)

    def serve_slack(self, alive: Alive, manager: ServiceManager, signals: Sequence[int]) -> None:
        """Serve Slack until a signal. Raises what ended it before."""
        served = _asked_and_served(self.deps, self._settings, manager, self.presence)
        asyncio.run(serve_until(served, alive, signals, self.presence))

    def close(self) -> None:
        """Look no more for other people and pages."""
        self.deps.alike.stop()


def verify(settings: Settings, key: RecordKey | None) -> None:
    """Log what was changed from outside in any run; the runners check the active ones themselves."""
    try:
        changed = [verdict for verdict in verify_record(settings.state, key) if verdict.changes]
    except BadRecord as error:
        LOG.warning("the record was not verified: %s", error)
        return
    for verdict in changed[:MOST_CHANGED]:
        which = f"run {verdict.run}" if verdict.run else "the record"
        LOG.error("the record was changed from outside: %s: %s (see `gonogo verify`)", which, verdict.changes[0])


def may_have_runs(store: RecordStore) -> bool:
    """Whether a run is under way, or may be: a record that went away since the start does not say."""
    try:
        return bool(store.active_runs())
    except BadRecord:
        return True


def served_pages(deps: Deps, settings: Settings) -> list[Page]:
    """Log the pages and what they lack.

    Raises Refused for a bad page, and BadSettings for one without a channel, but only if no run is active.
    """
    try:
        read = deps.pages()
    except Exception as error:  # whatever it is, a run under way goes on
        if not may_have_runs(deps.store):
            raise
        LOG.warning("no run can be started: %s", error if isinstance(error, GonogoError) else "the pages are unread")
        return deps.known_pages()
    problems = [
        problem for page in read.values() if settings.slack and (problem := channel_problem(page, settings.environ))
    ]
    if problems and not may_have_runs(deps.store):
        raise BadSettings(" ".join(dict.fromkeys(problems)))
    pages = read.values() if settings.slack else ()
    for problem in (*problems, *(wrong for page in pages for wrong in wrong_ids(page, settings.environ))):
        LOG.error("%s No run can be started before that.", problem)
    for page in read.values():
        if names := missing(page, settings.environ, slack=settings.slack):
            LOG.warning("%s cannot be started yet. Not set in the environment: %s", page.name, ", ".join(names))
    LOG.info("serving the record %s with %s", settings.state, ", ".join(read))
    return list(read.values())


async def serve_until(
    served: Coroutine[Any, Any, None], alive: Alive, signals: Sequence[int], presence: Presence
) -> None:
    """Serve until a signal, or until the engine or the connection to Slack is dead. Raises what ended it."""
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
    if not may_have_runs(deps.store):
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
