"""Text without the codes by which a program colours it, sets a title, or moves on a terminal."""

from __future__ import annotations

import re

# a code ends where the next one begins: an end that is missing must not send the search through the rest of the text
_CODES = re.compile(r"\x1b\[[0-?]*+[ -/]*+[@-~]|\x1b\][^\x07\x1b]*+(?:\x07|\x1b\\)|\x1b[()*+][0-9A-Za-z]")


def without_terminal_codes(text: str) -> str:
    """The text as a person reads it on a terminal: some programs colour it though nobody is there (FORCE_COLOR)."""
    return _CODES.sub("", text) if "\x1b" in text else text
