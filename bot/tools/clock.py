"""The clock tool: the machine's time of day, and its clock that only moves forward."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta


class SystemClock:
    """`commands.ports.clock.Clock` of this machine. `offset` is what the clock of all bots is ahead of its own."""

    def __init__(self, offset: Callable[[], timedelta] = timedelta) -> None:
        self._offset = offset

    def now(self) -> datetime:
        """See `commands.ports.clock.Clock.now`."""
        return datetime.now(UTC) + self._offset()

    def monotonic(self) -> float:
        """See `commands.ports.clock.Clock.monotonic`."""
        # CLOCK_BOOTTIME also counts the time in which the machine was suspended
        return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))
