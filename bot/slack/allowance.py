"""How many calls of a method may be sent, so that Slack need not refuse one."""

from __future__ import annotations

import asyncio
import time

# calls that a new process may send at once: the one before it may have spent everything just before it was killed
AT_START = 0.0
# whoever is behind has one of so many calls at least: several runs may redraw without end and leave no half of a burst
BEHIND = 6


class Allowance:
    """So many calls a second (`rate`), and after a quiet time so many at once (`burst`).

    The calls of any minute are at most `burst` and a minute's `rate`. It begins empty, so that holds however often the
    bot is killed and started. `at_start` says how many may be sent at once instead; a bot that is killed may then
    send them again.
    """

    def __init__(self, rate: float, burst: float, at_start: float | None = None) -> None:
        self._whole = rate, burst
        self._rate, self._burst = rate, burst
        self._left = min(AT_START if at_start is None else at_start, burst)
        self._at = time.monotonic()
        self._behind = asyncio.Lock()

    @property
    def left(self) -> float:
        """The calls that may be sent now; below 0 while calls wait."""
        return min(self._burst, self._left + (time.monotonic() - self._at) * self._rate)

    @property
    def spent(self) -> bool:
        """Whether a call would have to wait for the ones before it. Of many bots each never has a whole one left."""
        return self.left < min(1.0, self._burst)

    def share(self, bots: int) -> None:
        """Leave to each other bot of so many in all its part of the calls."""
        self._left, self._at = self.left, time.monotonic()
        self._rate, self._burst = (whole / max(1, bots) for whole in self._whole)

    def is_below(self, share: float) -> bool:
        """Whether less than this share of the burst is left."""
        return self.left < self._burst * share

    async def take(self, *, behind: bool = False) -> None:
        """Take one call, and wait until it may be sent. Those who wait come in their order.

        Whoever is `behind` leaves half of the burst to the others, as a redraw asks only where a call is left. Of
        BEHIND calls one is theirs all the same.
        """
        if behind:
            async with self._behind:
                await self._wait_behind()
                self._take()
        else:
            self._take()
        await asyncio.sleep(max(0.0, -self._left / self._rate))

    async def _wait_behind(self) -> None:
        until = time.monotonic() + BEHIND / self._rate
        while self.is_below(1 / 2) and (longest := until - time.monotonic()) > 0:
            await asyncio.sleep(min(longest, max(0.01, (self._burst / 2 - self.left) / self._rate)))

    def _take(self) -> None:
        self._left, self._at = self.left - 1, time.monotonic()

    def give_back(self) -> None:
        """Give a call back that never reached Slack, so that an outage costs nothing that is needed right after it."""
        self._left, self._at = min(self._burst, self.left + 1), time.monotonic()
