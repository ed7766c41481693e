"""The clock tells UTC, and its monotonic seconds only increase."""

from __future__ import annotations

from datetime import UTC, datetime

from bot.tools.clock import SystemClock


def test_the_time_of_day_is_the_machines_in_utc() -> None:
    before = datetime.now(UTC)
    now = SystemClock().now()
    assert before <= now <= datetime.now(UTC)
    assert now.utcoffset() == UTC.utcoffset(None)


def test_monotonic_seconds_only_increase() -> None:
    clock = SystemClock()
    seconds = [clock.monotonic() for _ in range(100)]
    assert seconds == sorted(seconds)
    assert seconds[-1] > 0
