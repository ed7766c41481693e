"""Texts for PostgreSQL, which takes every character but NUL."""

from __future__ import annotations

from typing import Any

# a character that Unicode keeps free for such use; it is doubled by its own escape, so that nothing is lost
_ESCAPE = "\ufdd0"


def to_database(value: Any) -> Any:
    """A value as it is stored: a NUL is written as an escape."""
    if isinstance(value, str):
        text = str.__str__(value)
        if "\0" in text or _ESCAPE in text:
            return text.replace(_ESCAPE, _ESCAPE + "1").replace("\0", _ESCAPE + "0")
        return text
    return value


def from_database(value: Any) -> Any:
    """A value as it was before `to_database`."""
    if isinstance(value, str) and _ESCAPE in value:
        return value.replace(_ESCAPE + "0", "\0").replace(_ESCAPE + "1", _ESCAPE)
    return value
