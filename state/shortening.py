"""Cuts a text from outside to a length, and says so at its end."""

from __future__ import annotations


def shortened(text: str, limit: int) -> str:
    """The text in at most `limit` characters; one that was cut ends with its true length."""
    if len(text) <= limit:
        return text
    note = f"… (shortened, {len(text):,} characters)"
    return text[: max(limit - len(note), 0)] + note
