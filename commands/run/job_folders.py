"""Removes the folders of ended runs' jobs from their hosts, in its own thread."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from commands.ports.tools import Tools
from commands.runbook import Page, read_stored_page
from state.errors import GonogoError
from state.records import Run
from state.store import RecordStore

LOG = logging.getLogger("gonogo.job_folders")
KEPT = timedelta(days=7)  # after a run's end; somebody may want to read what its commands printed
NEWEST = 200  # runs that are looked at
EVERY = 60.0  # seconds between two sweeps
RETRY = timedelta(minutes=10)  # until a host that was away is tried again


class JobFolders:
    """The job folders of runs that ended days ago. The record keeps where nothing is left, also over a crash."""

    def __init__(self, store: RecordStore, tools_for: Callable[[Page], Tools], *, every: float = EVERY) -> None:
        self.store = store
        self._tools_for = tools_for
        self._every = every
        self._again: dict[int, datetime] = {}  # when a run is tried again, by its number
        self._tidied: set[int] = set()  # the numbers of runs of which nothing is left
        self._stopping = threading.Event()

    def start(self) -> None:
        """Sweep now and then until `stop`; returns at once."""
        threading.Thread(target=self._loop, name="job folders", daemon=True).start()

    def stop(self) -> None:
        """Begin no other run. A host that does not answer is not waited for."""
        self._stopping.set()

    def sweep(self, now: datetime) -> None:
        """Remove what ended runs have left on the hosts that can be reached. Never raises."""
        try:
            for run in self.store.runs(limit=NEWEST):
                over = run.ended_at is not None and run.ended_at + KEPT <= now and run.id not in self._tidied
                if over and self._again.get(run.id, now) <= now and not self._stopping.is_set():
                    self._again[run.id] = now + RETRY
                    self._tidy(run)
        except GonogoError as error:
            LOG.debug("job folders stay: %s", error)

    def _loop(self) -> None:
        while not self._stopping.wait(self._every):
            self.sweep(datetime.now(UTC))

    def _tidy(self, run: Run) -> None:
        """Remove the folders of one run on each of its hosts."""
        tools = None
        try:
            page = read_stored_page(run.text, run.page)
            if hosts := set(page.places.hosts) - self.store.tidy_hosts(run.id):
                tools = self._tools_for(page)
                for host in sorted(hosts):
                    self._tidy_host(tools, run, host)
            else:
                del self._again[run.id]
                self._tidied.add(run.id)
        except (GonogoError, OSError, ValueError) as error:
            # the page of another version, or a variable that is not set any more
            LOG.debug("run %s: its job folders stay: %s", run.id, type(error).__name__)
        finally:
            if tools:
                tools.close()

    def _tidy_host(self, tools: Tools, run: Run, host: str) -> None:
        try:
            if tools.shell.remove_jobs(host, run.key):
                self.store.mark_tidy(run.id, host)
        except GonogoError as error:
            LOG.debug("run %s: its job folders on %s stay: %s", run.id, host, error)
