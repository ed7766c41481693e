"""A clock that tests can move and that runs faster than time; the World's own."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

NIGHT = datetime(2026, 11, 23, 16, 0, tzinfo=UTC)  # Monday, 23:00 in Bangkok


@dataclass
class Clock:
    """A clock that can be moved; `rate` seconds pass on it in each real second."""

    start: datetime = NIGHT
    rate: float = 200.0
    moved: timedelta = timedelta(0)
    began: float = field(default_factory=time.monotonic)

    def now(self) -> datetime:
        return self.start + self.moved + timedelta(seconds=(time.monotonic() - self.began) * self.rate)

    def steady(self) -> float:
        """What has really passed, moved or not."""
        return (time.monotonic() - self.began) * self.rate

    def move(self, **by: float) -> None:
        """Let time pass at once: `move(minutes=15)`."""
        self.moved += timedelta(**by)
