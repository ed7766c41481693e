"""The base of what a run watches in a thread of its own, beside its loop."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod

from commands.ports.tools import Tools
from commands.runbook.page import Page
from state.store import RecordStore
from state.store.last_read import LastRead


class Monitor(ABC):
    """A thread of one run; `name` tells it from the run's others."""

    name: str

    def __init__(self, store: RecordStore, page: Page, run: int, tools: Tools) -> None:
        self.store = store
        self.page = page
        self.number = run
        self.tools = tools
        self._stopped = threading.Event()
        self._last_read = LastRead(store, run)

    def start(self) -> None:
        """Start the thread."""
        threading.Thread(target=self._loop, name=f"{self.number}-{self.name}", daemon=True).start()

    def stop(self) -> None:
        """Stop it. What is still being asked is not written."""
        self._stopped.set()

    @abstractmethod
    def _loop(self) -> None:
        """Ask again and again, until the run is over or `_stopped` is set."""
