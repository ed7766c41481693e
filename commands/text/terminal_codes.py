"""Text without the codes by which a program colours it, sets a title, or moves on a terminal."""

from __future__ import annotations

import re

# a code ends where the next one begins: an end that is missing must not send the search through the rest of the text
_CODES = re.compile(r"\x1b\[[0-?]*+[ -/]*+[@-~]|\x1b\][^\x07\x1b]*+(?:\x07|\x1b\\)|\x1b[()*+][0-9A-Za-z]")
# what no reader sees: these codes, control characters, and marks that change the reading direction
UNSEEN = re.compile(rf"{_CODES.pattern}|[\x00-\x08\x0b-\x1f\x7f\x85\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]")


def without_terminal_codes(text: str) -> str:
    """The text as a person reads it on a terminal: some programs colour it though nobody is there (FORCE_COLOR)."""
    return _CODES.sub("", text) if "\x1b" in text else text
