"""Durations in words ("5 s", "15 min", "4 h", "2 d"): parsed and formatted."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated, Any

from pydantic import BeforeValidator

from commands.text.field_words import Form
from commands.text.page_rules import for_authors
from state.shortening import shortened

_UNITS = {"s": 1, "min": 60, "h": 3600, "d": 86400}
LONGEST = 366 * _UNITS["d"]  # seconds; added to any time of a run, it is still a date that Python can hold
_PATTERN = re.compile(r"(\d+(?:\.\d+)?) (s|min|h|d)")


def parse_duration(text: Any) -> timedelta:
    """Parse one number above 0, one space and one unit. Raises ValueError; its message is for the page's author."""
    match = _PATTERN.fullmatch(text) if isinstance(text, str) else None
    if not match:
        raise ValueError(f'{text!r} is not a duration; write it as "30 s", "15 min", "4 h" or "2 d"')
    seconds = float(match[1]) * _UNITS[match[2]]
    # no page that was accepted has a longer one than Python can hold
    if seconds > (LONGEST if for_authors() else timedelta.max.total_seconds()):
        raise ValueError(f'{shortened(text, 40)!r} is too long; write at most "{LONGEST // _UNITS["d"]} d"')
    if not (duration := timedelta(seconds=seconds)):
        raise ValueError(f"{shortened(text, 40)!r} is zero; write a duration above zero")
    return duration


def format_duration(duration: timedelta | float) -> str:
    """Format a duration (or seconds) in at most two units: "45 s", "1 h 5 min"; under 10 s with one decimal."""
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
    """Format how long something took: "45 ms" below a second, otherwise as `format_duration` does."""
    return f"{seconds * 1000:.0f} ms" if seconds < 1 else format_duration(round(seconds, 1))


Duration = Annotated[timedelta, BeforeValidator(parse_duration), Form("duration", r"^[0-9]+(\.[0-9]+)? (s|min|h|d)$")]
