"""The clock on the wall."""

from __future__ import annotations

from datetime import UTC, datetime


class SystemClock:
    """The system's time, in UTC."""

    def now(self) -> datetime:
        """The present moment."""
        return datetime.now(UTC)
