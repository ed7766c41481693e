"""The engine: one runner for each active run, also for runs that another process began or left behind."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from datetime import UTC, datetime

from commands.ports.tools import Tools
from commands.run.runner import Runner
from commands.runbook import Page, read_page
from commands.start.request import StartRequest
from commands.start.starter import Starter
from state.errors import BadRecord, Refused
from state.events import NextRunReported
from state.facts import Actor, Door, NextRun
from state.records import NewEvent, Run, RunState
from state.sqlite.store import Store

LOG = logging.getLogger("gonogo.engine")


class Engine:
    """Takes up every active run of the record within half a second.

    `tools_for` makes the tools for a run's own page; `starter` starts the next page when a kept run (Option B) names one.
    """

    def __init__(self, store: Store, tools_for: Callable[[Page], Tools], starter: Starter) -> None:
        self.store = store
        self._tools_for = tools_for
        self._starter = starter
        self._runners: dict[int, Runner] = {}
        self._stuck: dict[int, str] = {}
        self._leaving = threading.Event()
        self._thread = threading.Thread(target=self._loop, name="engine", daemon=True)

    def start(self) -> None:
        """Begin to take up runs."""
        self._thread.start()

    def stop(self) -> None:
        """Leave every run as it is; a later engine takes it up again. Returns within about 5 s."""
        self._leaving.set()
        with self.store.changed:
            self.store.changed.notify_all()
        if self._thread.is_alive():
            self._thread.join(1.0)
        for runner in list(self._runners.values()):
            runner.leave()

    def _loop(self) -> None:
        kept: list[Run] | None = None
        while not self._leaving.is_set():
            try:
                if kept is None:
                    kept = [run for run in self.store.runs() if run.state == RunState.KEPT]
                for run in kept:
                    self._start_next(run)
                for run in self.store.active_runs():
                    if run.id not in self._runners and not self._leaving.is_set():
                        self._take_up(run)
                kept = [run for number in self._ended() if (run := self.store.run(number)).state == RunState.KEPT]
            except BadRecord as error:
                LOG.error("the record cannot be used now (%s); trying again", error)  # noqa: TRY400  its words say it all
                kept = None
            with self.store.changed:
                self.store.changed.wait(0.5)

    def _take_up(self, run: Run) -> None:
        """Begin a run's runner; a run that cannot be taken up is said once and never keeps the others waiting."""
        try:
            page = page_of(run)
            runner = Runner(self.store, page, run.id, self._tools_for(page))
        except (Refused, OSError, ValueError) as error:
            if self._stuck.get(run.id) != str(error):
                LOG.warning("run %s of %s cannot be taken up: %s", run.id, run.target, error)
            self._stuck[run.id] = str(error)
            return
        self._stuck.pop(run.id, None)
        self._runners[run.id] = runner
        runner.start()

    def _ended(self) -> list[int]:
        over = [number for number, runner in self._runners.items() if runner.wait(0)]
        for number in over:
            del self._runners[number]
        return over

    def _start_next(self, run: Run) -> None:
        """Start the page that this kept run's decision names, once."""
        page = page_of(run)
        record = self.store.record(run.id)
        keep = record.keep
        if not page.decision.starts or not keep or record.newest(NextRun):
            return
        # the starter of the first run, not who kept it: the deciding role must be free to sign the second run too
        starter = Actor(person=run.starter, door=keep.by.door)
        request = StartRequest(
            page=page.decision.starts,
            ref=record.values().get("commit", run.ref),
            note=run.note,
            channel=run.channel,
            speed=run.speed,
        )
        try:
            made = self._starter.start(request, starter).run
            summary = f"run {made.id} of {made.page} has begun"
        except Refused as error:
            summary = f"{page.decision.starts} could not be started: {error}"
        LOG.info("after run %s: %s", run.id, summary)
        told = NextRunReported(summary=summary, page=page.decision.starts)
        now = datetime.now(UTC)
        fact = NextRun(by=Actor(person=keep.person, door=Door.BOT), at=now, page=page.decision.starts)
        self.store.add_fact(run.id, fact, NewEvent(data=told))


def page_of(run: Run) -> Page:
    """The run's own copy of its page, as it was when the run began."""
    return read_page(run.text, run.page)
