"""The time of day, and a clock that only moves forward."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol


class Clock(Protocol):
    """The time of day, and a clock that only moves forward."""

    def now(self) -> datetime:
        """The current time, in UTC, with its time zone."""

    def monotonic(self) -> float:
        """Seconds since an arbitrary moment. They only increase, even when the time of day is set back."""
