"""Growing pauses after what a destination did not take; an outage is two lines in the log."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Collection

from bot.feeds.destination import Destination

LOG = logging.getLogger("gonogo.feeds")
FIRST, LONGEST = 1.0, 120.0  # seconds; each pause is twice the one before


class Pauses:
    """One run that is not taken keeps no other from being sent."""

    def __init__(self, destination: Destination) -> None:
        self._to = destination
        self._mutex = threading.Lock()
        self._pauses: dict[int, tuple[float, float]] = {}  # by run: the pause in seconds, and when it is over
        self._refused: set[int] = set()  # runs that the destination did not take

    def is_over(self, run: int) -> bool:
        """Whether a run may be sent now."""
        with self._mutex:
            return time.monotonic() >= self._pauses.get(run, (0.0, 0.0))[1]

    def pause(self, run: int) -> None:
        """Wait before the run is sent again, longer each time."""
        with self._mutex:
            pause = min(LONGEST, self._pauses[run][0] * 2 if run in self._pauses else FIRST)
            self._pauses[run] = pause, time.monotonic() + pause

    def refused(self, run: int, why: str) -> None:
        """The destination did not take something of a run: wait, and say so where an outage begins."""
        self.pause(run)
        with self._mutex:
            begins = not self._refused
            self._refused.add(run)
        if begins:
            LOG.warning(
                "%s are not taken by %s (%s); they wait, and are sent again with growing pauses",
                *(self._to.what, self._to.name, why),
            )

    def taken(self, run: int) -> None:
        """Something of a run was taken, or all of it is sent."""
        self.forget({run})

    def forget(self, runs: Collection[int]) -> None:
        """These runs do not wait any more, or another bot sends them."""
        with self._mutex:
            ends = bool(self._refused) and self._refused <= set(runs)
            self._refused.difference_update(runs)
            self._pauses = {run: pause for run, pause in self._pauses.items() if run not in runs}
        if ends:
            LOG.info("%s are taken by %s again", self._to.what, self._to.name)
