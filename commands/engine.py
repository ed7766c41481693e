"""The engine: one runner for each active run, also for runs that another process began or left behind."""

from __future__ import annotations

import threading
from collections.abc import Callable

from commands.runbook import Page, read_page
from commands.runner import Runner
from commands.tools import Tools
from state.records import Run
from state.store import Store


class Engine:
    """Takes up every active run of the record within a second; `tools_for` makes the tools for a run's own page."""

    def __init__(self, store: Store, tools_for: Callable[[Page], Tools]) -> None:
        self.store = store
        self._tools_for = tools_for
        self._runners: dict[int, Runner] = {}
        self._leaving = threading.Event()
        self._thread = threading.Thread(target=self._loop, name="engine", daemon=True)

    def start(self) -> None:
        """Begin to take up runs."""
        self._thread.start()

    def stop(self) -> None:
        """Leave every run as it is; a later engine takes it up again. Returns within about 5 s."""
        self._leaving.set()
        for runner in self._runners.values():
            runner.leave()
        self._thread.join(1.0)

    def _loop(self) -> None:
        while not self._leaving.is_set():
            for run in self.store.active_runs():
                if run.id not in self._runners and not self._leaving.is_set():
                    self._take_up(run)
            with self.store.changed:
                self.store.changed.wait(0.5)

    def _take_up(self, run: Run) -> None:
        page = page_of(run)
        self._runners[run.id] = Runner(self.store, page, run.id, self._tools_for(page))
        self._runners[run.id].start()


def page_of(run: Run) -> Page:
    """The run's own copy of its page, as it was when the run began."""
    return read_page(run.text, run.page)
