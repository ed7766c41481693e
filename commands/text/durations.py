"""Durations as words: "5 s", "15 min", "4 h", "2 d", read from the page and said in messages."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated, Any

from pydantic import BeforeValidator

_UNITS = {"s": 1, "min": 60, "h": 3600, "d": 86400}
_WORDS = re.compile(r"(\d+(?:\.\d+)?) (s|min|h|d)")


def parse_duration(words: Any) -> timedelta:
    """Read one number above 0, one space and one unit. Raises ValueError with the sentence for the page's author."""
    found = _WORDS.fullmatch(words) if isinstance(words, str) else None
    if not found:
        raise ValueError(f'{words!r} is not a duration; write it in words: "30 s", "15 min", "4 h" or "2 d"')
    if float(found[1]) == 0:
        raise ValueError(f"{words!r} is no time at all; it must be more")
    return timedelta(seconds=float(found[1]) * _UNITS[found[2]])


def format_duration(duration: timedelta | float) -> str:
    """Say a duration (or seconds) in at most two units: "45 s", "12 min", "1 h 5 min"; under 10 s with one decimal."""
    seconds = duration.total_seconds() if isinstance(duration, timedelta) else duration
    if seconds < 10 and seconds != int(seconds):
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min" + (f" {whole % 60} s" if whole < 600 and whole % 60 else "")
    hours, minutes = divmod(whole // 60, 60)
    return f"{hours} h" + (f" {minutes} min" if minutes else "")


def format_seconds(seconds: float) -> str:
    """Say how long something took: "45 ms" below a second, then as `say` does."""
    return f"{seconds * 1000:.0f} ms" if seconds < 1 else format_duration(round(seconds, 1))


Duration = Annotated[timedelta, BeforeValidator(parse_duration)]
