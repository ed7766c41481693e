"""Growing pauses after what a destination did not take; an outage is two lines in the log."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Collection

from bot.feeds.destination import Destination
from bot.tools.outside_address import NotTaken

LOG = logging.getLogger("gonogo.feeds")
FIRST, LONGEST = 1.0, 120.0  # seconds; each pause is twice the one before
TOLD_AFTER = 60.0  # seconds after which the people of a run hear of an outage: a short one concerns nobody


class Pauses:
    """One run that is not taken keeps no other from being sent."""

    def __init__(self, destination: Destination) -> None:
        self._to = destination
        self._mutex = threading.Lock()
        self._pauses: dict[int, tuple[float, float]] = {}  # by run: the pause in seconds, and when it is over
        self._refused: set[int] = set()  # runs that the destination did not take
        self._since = 0.0  # when that began
        self._told = False  # whether people have heard of it

    def is_over(self, run: int) -> bool:
        """Whether a run may be sent now."""
        with self._mutex:
            return time.monotonic() >= self._pauses.get(run, (0.0, 0.0))[1]

    def pause(self, run: int, at_least: float = 0.0) -> None:
        """Wait before the run is sent again, longer each time, and so many seconds at least."""
        with self._mutex:
            pause = min(LONGEST, self._pauses[run][0] * 2 if run in self._pauses else FIRST)
            self._pauses[run] = pause, time.monotonic() + max(pause, at_least)

    def refused(self, run: int, not_taken: NotTaken) -> None:
        """The destination did not take something of a run: wait, and say so where an outage begins."""
        self.pause(run, not_taken.wait)
        with self._mutex:
            begins = not self._refused
            self._refused.add(run)
            self._since = time.monotonic() if begins else self._since
        if begins:
            LOG.warning(
                "%s are not taken by %s (%s); they wait, and are sent again with growing pauses",
                *(self._to.what, self._to.name, not_taken.why),
            )

    def must_be_told(self) -> bool:
        """Whether people should hear of the outage now: it lasts, and none of them has heard of it. True once."""
        with self._mutex:
            lasts = bool(self._refused) and time.monotonic() - self._since >= TOLD_AFTER
            self._told, before = self._told or lasts, self._told
            return lasts and not before

    def taken(self, run: int) -> None:
        """Something of a run was taken, or all of it is sent."""
        self.forget({run})

    def forget(self, runs: Collection[int]) -> None:
        """These runs do not wait any more, or another bot sends them."""
        with self._mutex:
            ends = bool(self._refused) and self._refused <= set(runs)
            self._told = self._told and not ends
            self._refused.difference_update(runs)
            self._pauses = {run: pause for run, pause in self._pauses.items() if run not in runs}
        if ends:
            LOG.info("%s are taken by %s again", self._to.what, self._to.name)
