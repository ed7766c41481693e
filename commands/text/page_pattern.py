"""A page's regular expressions for foreign text: only those that take little time."""

from __future__ import annotations

import re
from collections.abc import Iterator
from re import _constants, _parser  # type: ignore[attr-defined]  # what `re` itself compiles, whatever is written
from typing import Annotated, Any

from pydantic import AfterValidator

from commands.text.field_words import Form
from commands.text.page_rules import for_authors

LONGEST_LINE = 300  # characters of a line that a pattern sees
# ways in which the parts of a pattern may share a line: three repeats without a limit, and a few choices
MOST_WAYS = 4 * LONGEST_LINE**3
_REPEATS = (_constants.MAX_REPEAT, _constants.MIN_REPEAT, _constants.POSSESSIVE_REPEAT)
_BACK_REFERENCES = (_constants.GROUPREF, _constants.GROUPREF_EXISTS)


def check_pattern(pattern: str, most: int = MOST_WAYS) -> str:
    """Return the pattern. Raises ValueError, for the page's author, if it is none or could take too long on one line.

    `most` is in how many ways its parts may share a line.
    """
    try:
        tree = _parser.parse(pattern)
        re.compile(pattern)
    except (re.error, RecursionError, OverflowError) as error:
        raise ValueError(f"{pattern!r} is not a regular expression: {error}") from None
    nodes = list(_nodes(tree))
    if not for_authors():
        return pattern
    if any(op in _BACK_REFERENCES for op, _ in nodes):
        raise ValueError(f"{pattern!r} refers back to a group; write out what it must match")
    for op, value in nodes:
        if op in _REPEATS and value[1] > 1 and any(_ways(*inner) > 1 for inner in _nodes(value[2])):
            raise ValueError(
                f"{pattern!r} repeats a group that has a repeat or | in it; write it without the outer one"
            )
    choices, ways = 0, 1
    for op, value in nodes:
        choices, ways = choices + (_ways(op, value) > 1), ways * _ways(op, value)
    if ways > most:
        raise ValueError(f"{pattern!r} has {choices} repeats, ? and |, which is too many together; write fewer")
    return pattern


def _nodes(tree: Any) -> Iterator[tuple[Any, Any]]:
    """Every node of a parsed pattern: what it is, and its value."""
    waiting: list[Any] = [tree]
    while waiting:
        item = waiting.pop()
        if isinstance(item, _parser.SubPattern):
            yield from item
            waiting += [value for _, value in item]
        elif isinstance(item, tuple | list):
            waiting += item


def _ways(op: Any, value: Any) -> int:
    """In how many ways a node can match at one place of a line, without what is in it."""
    if op in _REPEATS:
        least, most, _ = value
        return int(min(int(most) - int(least) + 1, LONGEST_LINE))
    return len(value[1]) if op is _constants.BRANCH else 1


PagePattern = Annotated[str, AfterValidator(check_pattern), Form("regular expression")]
