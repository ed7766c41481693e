"""A step that is under way waits for the record, and does not fail because that is away."""

from __future__ import annotations

import logging
from collections.abc import Callable
from threading import Event
from typing import TypeVar

from state.errors import BadRecord, NotOwner, NotText, UnreadableRun

LOG = logging.getLogger("gonogo.runner")
T = TypeVar("T")
RETRY_INTERVAL = 1.0  # seconds between two tries


class Patience:
    """Reads and writes the record of one run for its steps. `closed` is set once this bot does nothing more of it."""

    def __init__(self, run: int) -> None:
        self.closed = Event()
        self._run = run

    def use(self, stop: Event, use: Callable[[], T]) -> T:
        """What `use` returns, as soon as the record can be used.

        Raises BadRecord once `stop` or `closed` is set, and at once for what no waiting mends: the run is another
        bot's, or a row of it is damaged.
        """
        while True:
            try:
                return use()
            except (NotOwner, UnreadableRun, NotText):
                raise
            except BadRecord as error:
                if self.closed.is_set() or stop.is_set():
                    raise
                LOG.warning("a step of run %s waits for the record: %s", self._run, error)
                stop.wait(RETRY_INTERVAL)
