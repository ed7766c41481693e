"""`gonogo serve`: locks the record, runs the engine and serves Slack, until Ctrl-C or SIGTERM."""

from __future__ import annotations

import gc
import logging
import signal
import time
from contextlib import suppress
from dataclasses import replace
from functools import partial
from threading import Thread
from typing import TYPE_CHECKING

from bot import log
from bot.alive import INTERVAL, Alive
from bot.doors.served_names import VARIABLE
from bot.doors.terminal_users import read_terminal_users
from bot.drill_box.boxes import Boxes
from bot.feeds.feeds import Feeds
from bot.metrics.watchers import Watchers
from bot.service_manager import ServiceManager
from bot.settings import Settings, read_pages
from bot.tools.first_use import made_at_first_use
from bot.tools.secrets import Redactor, learn_from, redactor_for
from bot.wiring import mirror_of, tools_for
from commands.ports.tools import Tools
from commands.run.engine import Engine
from commands.run.job_folders import JobFolders
from commands.runbook import Page
from state.errors import BadRecord, BadSettings
from state.place import open_record, require_private
from state.store import RecordStore

if TYPE_CHECKING:
    from bot.served_doors import ServedDoors

LOG = logging.getLogger("gonogo")
# seconds in which nothing else is read or imported: it would take the processor from a rollback in the record
FIRST_TURNS = 5.0
FIRST_ACT = 0.5  # seconds that what they begin has for itself, too


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
    masked = _Masked(settings, redact, store)
    boxes = Boxes(store, settings.boxes, settings.environ)
    doors = made_at_first_use(lambda: _doors(settings, store, masked, boxes))
    starter = made_at_first_use(lambda: doors.deps.starter)
    engine = Engine(store, masked.tools, starter, partial(mirror_of, settings), boxes.lost)
    signals = _received_signals()  # before the engine starts: from here on a signal stops it in order
    # and before the pages are read: a rollback in the record waits for no file, and needs none
    engine.start()
    engine.wait_for_first_acts(FIRST_TURNS, FIRST_ACT)
    gc.enable()
    feeds = Feeds()
    manager = ServiceManager(settings.environ)
    alive = Alive(engine, store, manager)
    job_folders = JobFolders(store, masked.tools)
    try:
        watchers.start(engine, store, doors.presence if settings.slack else None, doors.posted_for)
        doors.read_pages()
        Thread(target=doors.import_and_verify, name="afterwards", daemon=True).start()
        feeds.start(settings, store)
        job_folders.start()
        boxes.start()
        if settings.slack:
            doors.serve_slack(alive, manager, signals)
        else:
            manager.serves()
            # a signal that another thread takes ends no wait for a lock, so nothing waits for one here
            while not signals:
                alive.require()
                time.sleep(INTERVAL)
    finally:
        boxes.stop()
        job_folders.stop()
        doors.close()
        alive.leave()
        feeds.stop()
        store.close()


def _doors(settings: Settings, store: RecordStore, masked: _Masked, boxes: Boxes) -> ServedDoors:
    from bot.served_doors import ServedDoors

    return ServedDoors(settings, store, masked.pages, boxes.played)


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


def _require_slack(settings: Settings) -> None:
    """Raise BadSettings for what is wrong with the way to Slack, before anything begins."""
    settings.require_tokens()
    if not settings.app_token:
        if settings.metrics_port == settings.port:
            raise BadSettings(f"GONOGO_METRICS_PORT and GONOGO_PORT are both {settings.port}. Set two different ports.")
        from bot.slack.http_mode import require_port

        require_port(settings)


def _received_signals() -> list[int]:
    """A list to which SIGINT and SIGTERM are added as they arrive."""
    signals: list[int] = []
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda received, _: signals.append(received))
    return signals
