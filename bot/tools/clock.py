"""The clock tool: the machine's time of day, and its clock that only moves forward."""

from __future__ import annotations

import time
from datetime import UTC, datetime


class SystemClock:
    """`commands.ports.clock.Clock` of this machine."""

    def now(self) -> datetime:
        """See `commands.ports.clock.Clock.now`."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """See `commands.ports.clock.Clock.monotonic`."""
        # CLOCK_BOOTTIME also counts the time in which the machine was suspended
        return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))
