"""The heartbeat: called while runs are carried out, so that a silence is noticed outside."""

from __future__ import annotations

import logging
import threading
import time

from bot.metrics.health import Health
from bot.settings import Settings
from bot.tools.outside_address import OutsideAddress

LOG = logging.getLogger("gonogo.heartbeat")
EVERY = 60.0  # seconds between two calls
AGAIN = 10.0  # seconds after which a failed one is tried again
LOOK = 1.0  # seconds between two looks whether a run is carried out


class Heartbeat:
    """Calls in a thread of its own, so a call that fails or hangs delays nothing else.

    The address is called while this bot carries out an active run and works, and the address of the end, if there is
    one, once no run is active any more. Both are secrets: no message holds them.
    """

    def __init__(self, settings: Settings, health: Health) -> None:
        self._begin = OutsideAddress(settings.heartbeat_url, settings.environ)
        ends = settings.heartbeat_end_url
        self._end = OutsideAddress(ends, settings.environ) if ends else None
        self._health = health
        self._armed = self._end is not None  # at the start, too: an earlier process may have called
        self._failing = False
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._loop, name="heartbeat", daemon=True)

    def start(self) -> None:
        """Call from now on."""
        self._thread.start()

    def stop(self) -> None:
        """Call no more. A call under way is not waited for."""
        self._stopping.set()

    def _loop(self) -> None:
        next_at = time.monotonic()
        while not self._stopping.wait(LOOK):
            if time.monotonic() < next_at:
                continue
            if self._health.carries_all_runs():
                self._armed = self._end is not None
                next_at = time.monotonic() + (EVERY if self._call(self._begin) else AGAIN)
            elif self._end and self._armed and self._health.is_idle():
                self._armed = not self._call(self._end)
                next_at = time.monotonic() + (AGAIN if self._armed else 0.0)

    def _call(self, address: OutsideAddress) -> bool:
        """Whether the call was taken. The begin and the end of an outage are logged once."""
        problem = address.problem("GET")
        if problem and not self._failing:
            LOG.warning("the heartbeat fails (%s); it is tried again every %g s", problem, AGAIN)
        elif self._failing and not problem:
            LOG.info("the heartbeat arrives again")
        self._failing = bool(problem)
        return not problem
