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
        self._failing: dict[int, tuple[float, float]] = {}  # by run: the pause in seconds, and when it is over

    def is_over(self, run: int) -> bool:
        """Whether a run may be sent now."""
        with self._mutex:
            return time.monotonic() >= self._failing.get(run, (0.0, 0.0))[1]

    def failed(self, run: int, why: str) -> None:
        """Wait before the run is sent again, longer each time."""
        with self._mutex:
            begins = not self._failing
            pause = min(LONGEST, self._failing[run][0] * 2 if run in self._failing else FIRST)
            self._failing[run] = pause, time.monotonic() + pause
        if begins:
            LOG.warning(
                "%s are not taken by %s (%s); they wait, and are sent again with growing pauses",
                *(self._to.what, self._to.name, why),
            )

    def succeeded(self, run: int) -> None:
        """Something of a run was taken, or all of it is sent."""
        self.forget({run})

    def forget(self, runs: Collection[int]) -> None:
        """These runs do not wait any more, or another bot sends them."""
        with self._mutex:
            ends = bool(self._failing) and self._failing.keys() <= set(runs)
            self._failing = {run: pause for run, pause in self._failing.items() if run not in runs}
        if ends:
            LOG.info("%s are taken by %s again", self._to.what, self._to.name)
