"""The wait that an HTTP answer asks for."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

MOST = 3600.0  # seconds; nobody is waited for any longer
_DIGITS = 9


def retry_after(header: str, now: datetime) -> float:
    """The seconds of a Retry-After header, at most MOST; 0 for none, and for one that cannot be read.

    It holds seconds, or the moment as a date (RFC 9110).
    """
    text = header.strip()
    if text.isascii() and text.isdigit():
        return min(float(text), MOST) if len(text) <= _DIGITS else MOST
    try:
        at = parsedate_to_datetime(text)
    except ValueError:
        return 0.0
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return min(max((at - now).total_seconds(), 0.0), MOST)
