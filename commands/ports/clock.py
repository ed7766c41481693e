"""The time of day."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol


class Clock(Protocol):
    """The time of day."""

    def now(self) -> datetime:
        """The present moment, in UTC, aware."""

    def monotonic(self) -> float:
        """Seconds since some moment, which only ever grow, whatever is done to the time of day."""
