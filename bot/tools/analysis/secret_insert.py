"""Passwords that an INSERT writes, also where they stand below its columns."""

from __future__ import annotations

import re

_HEAD = re.compile(r"insert\s{1,20}into\s{1,20}[\w.\"]{1,130}\s{0,20}\((?P<columns>[^()]{1,800})\)", re.IGNORECASE)
_COLUMN = re.compile(r"passw(?:or)?d|pwd|secret|api_?key|private_?key|access_?token", re.IGNORECASE)
_LITERAL = re.compile(r"\s*E?'(?P<value>(?:[^']|'')*)'\s*(?:::\w+\s*)?", re.IGNORECASE)
_TOKEN = re.compile(r"'(?:[^']|'')*'|[(),;]")
_SHORTEST = 6  # characters


class InsertedPasswords:
    """Reads the lines of a file one after another."""

    def __init__(self) -> None:
        self._places: list[int] = []

    def in_line(self, line: str) -> bool:
        """Whether the line has a literal value for a column like "password"."""
        start = 0
        if head := _HEAD.search(line):
            columns = head["columns"].split(",")
            self._places = [number for number, name in enumerate(columns) if _COLUMN.search(name)]
            start = head.end()
        if not self._places:
            return False
        found = any(_is_literal(values, self._places) for values in _rows(line[start:]))
        if ";" in _TOKEN.findall(line[start:]):
            self._places = []
        return found


def _rows(text: str) -> list[list[str]]:
    """The values of each row "(…)" in the text."""
    rows: list[list[str]] = []
    values: list[str] = []
    depth = begin = 0
    for token in _TOKEN.finditer(text):
        mark = token[0]
        if mark == "(":
            depth += 1
            if depth == 1:
                values, begin = [], token.end()
        elif depth == 1 and mark in ",)":
            values.append(text[begin : token.start()])
            begin = token.end()
        if mark == ")":
            depth = max(depth - 1, 0)
            if depth == 0 and values:
                rows.append(values)
                values = []
    return rows


def _is_literal(values: list[str], places: list[int]) -> bool:
    """Whether one of the values at these places is a text that could be a password."""
    literals = [_LITERAL.fullmatch(values[place]) for place in places if place < len(values)]
    return any(one and len(one["value"]) >= _SHORTEST and " " not in one["value"] for one in literals)
