"""Passwords below their name: `name: DB_PASSWORD`, then `value: …`, or a default."""

from __future__ import annotations

import re

from bot.tools.analysis.secret_assignment import is_real, names_secret

_NAMED = re.compile(
    r"\s{0,40}(?:-\s{1,4})?(?:[\"']?(?:name|key)[\"']?\s?:|variable)\s{0,4}[\"']?(?P<name>[\w.-]{1,80})[\"']?\s{0,4}[,{]?\s{0,4}$",
    re.IGNORECASE,
)
_VALUE = re.compile(
    r"\s{0,40}[\"']?(?:value|default)[\"']?\s{0,20}[:=]\s{0,20}[\"']?(?P<value>[^\"'\s#]{1,300})[\"']?\s{0,4},?\s{0,4}(?:#|$)",
    re.IGNORECASE,
)
_LINES = 5  # within which the value stands


class ValuesBelow:
    """Reads the lines of a file one after another."""

    def __init__(self) -> None:
        self._left = 0

    def in_line(self, file: str, line: str) -> bool:
        """Whether the line is the value of a name like "password" above it."""
        if named := _NAMED.match(line):
            self._left = _LINES if names_secret(named["name"]) else 0
            return False
        self._left -= 1
        if self._left < 0 or not (found := _VALUE.match(line)):
            return False
        self._left = 0
        return is_real(found["value"], file)
