"""Characters that an office program writes in the place of those that people typed."""

from __future__ import annotations

import re

_STRING = re.compile(r"\"[^\"]*\"|'[^']*'")  # inside one they are letters like others
_TYPED = (
    (
        re.compile("[\u201c\u201d\u201e\u201f\u00ab\u00bb]"),
        'a typographic quote ({}) stands where " is needed; write "',
    ),
    (re.compile("[\u2018\u2019\u201a]"), "a typographic quote ({}) stands where ' or \" is needed; write one of these"),
    (re.compile("[\u200b-\u200d\u2060\ufeff]"), "an invisible character stands there; type the line again"),
    (re.compile("[\u00a0\u2007\u202f]"), "a no-break space stands where a plain space is needed; type the space again"),
)


def not_typed(line: str) -> str:
    """What a program has put in the place of a typed character, and what to do; empty if nothing."""
    outside = _STRING.sub("", line)
    found = ((pattern.search(outside), says) for pattern, says in _TYPED)
    return next((says.format(match[0]) for match, says in found if match), "")
