"""The clock on the wall."""

from __future__ import annotations

import time
from datetime import UTC, datetime


class SystemClock:
    """The system's time, in UTC."""

    def now(self) -> datetime:
        """The present moment."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """See `commands.ports.clock.Clock.monotonic`."""
        # counts the time that the machine slept, too
        return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))
