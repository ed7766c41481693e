"""The World's clock: it runs faster than real time, and tests can move it and make it jump."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

NIGHT = datetime(2026, 11, 23, 16, 0, tzinfo=UTC)  # Monday, 23:00 in Bangkok


@dataclass
class Clock:
    """A clock on which `rate` seconds pass in each real second."""

    start: datetime = NIGHT
    rate: float = 200.0
    moved: timedelta = timedelta(0)
    jumped: timedelta = timedelta(0)
    began: float = field(default_factory=time.monotonic)

    def now(self) -> datetime:
        """The time of day."""
        return self.start + self.jumped + timedelta(seconds=self.monotonic())

    def monotonic(self) -> float:
        """Seconds that really passed, whatever the time of day was set to."""
        return (time.monotonic() - self.began) * self.rate + self.moved.total_seconds()

    def set_rate(self, rate: float) -> None:
        """Let time pass faster or slower from now on."""
        passed = self.monotonic()
        self.rate = rate
        self.moved += timedelta(seconds=passed - self.monotonic())

    def move(self, **by: float) -> None:
        """Let time pass at once: `move(minutes=15)`."""
        self.moved += timedelta(**by)

    def jump(self, **by: float) -> None:
        """Set the time of day while no time passes: `jump(hours=-1)`."""
        self.jumped += timedelta(**by)
