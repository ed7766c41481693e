"""A page's regular expressions for foreign text: only those that take little time."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator

MOST_REPEATS = 3  # the time may grow with that power of a line's length, and the lines are short
_PART = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|\(\?[^:)(]{0,40}[:=!>]|[*+?]|\{\d*,?\d*\}|.", re.DOTALL)
_NO_LIMIT = re.compile(r"[*+]|\{\d*,\}")
_REPEAT = re.compile(r"[*+]|\{\d*,?\d*\}")


def check_pattern(pattern: str) -> str:
    """Return the pattern. Raises ValueError, for the page's author, if it is none or could take hours on one line."""
    try:
        re.compile(pattern)
    except re.error as error:
        raise ValueError(f"{pattern!r} is not a regular expression: {error}") from None
    open_groups: list[bool] = [False]  # for each open group, whether a repeat or a choice is in it
    closed = False  # whether the part before is a group with one of them in it
    repeats = 0
    for found in _PART.finditer(pattern):
        part = found[0]
        if _REPEAT.fullmatch(part):
            if closed:
                raise ValueError(
                    f"{pattern!r} repeats a group that has a repeat or | in it; write it without the outer one"
                )
            repeats += bool(_NO_LIMIT.fullmatch(part))
            open_groups[-1] = True
        elif part in {"|", "?"}:
            open_groups[-1] = True
        elif part.startswith("("):
            open_groups.append(False)
        closed = part == ")" and open_groups.pop()
        if closed:
            open_groups[-1] = True
    if repeats > MOST_REPEATS:
        raise ValueError(f"{pattern!r} has {repeats} repeats without a limit; at most {MOST_REPEATS} are allowed")
    if re.search(r"\\[1-9]|\(\?P=", pattern):
        raise ValueError(f"{pattern!r} refers back to a group; write out what it must match")
    return pattern


PagePattern = Annotated[str, AfterValidator(check_pattern)]
