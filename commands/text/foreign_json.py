"""Reads JSON from outside: bounded in depth, with text that can be stored."""

from __future__ import annotations

import json
import re
from typing import Any

MAX_DEPTH = 64  # lists and objects inside each other; more would break whatever walks through the data
# a string, an opening or a closing bracket; the repeats are possessive, so that no character is read twice
_STRING_OR_BRACKET = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"?|[\[{]|[\]}]', re.DOTALL)
_HALF_CHARACTER = re.compile(r"\\u[dD][89a-fA-F]")  # half of an emoji, if the other half is missing


def read_json(text: str) -> Any:
    """Parse JSON, which has no NaN and no Infinity. Raises ValueError, also for more than MAX_DEPTH levels.

    A byte order mark before it is ignored, as RFC 8259 allows: some servers and programs write one.
    """
    text = text.removeprefix("\ufeff")
    if text.count("[") + text.count("{") > MAX_DEPTH and _depth(text) > MAX_DEPTH:
        raise ValueError(f"more than {MAX_DEPTH} levels")
    data = json.loads(text, parse_constant=_refuse_constant)
    return _storable(data) if _HALF_CHARACTER.search(text) else data


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _depth(text: str) -> int:
    """The most brackets that are open at once, outside of strings. It stops where there are too many."""
    depth = deepest = 0
    for found in _STRING_OR_BRACKET.finditer(text):
        if found[0] in "[{":
            depth += 1
            deepest = max(deepest, depth)
        elif found[0] in "]}":
            depth -= 1
        if deepest > MAX_DEPTH:
            break
    return deepest


def _storable(data: Any) -> Any:
    """The data with every string valid in UTF-8: half an emoji becomes a question mark."""
    if isinstance(data, str):
        return data.encode(errors="replace").decode()
    if isinstance(data, list):
        return [_storable(item) for item in data]
    if isinstance(data, dict):
        return {_storable(name): _storable(item) for name, item in data.items()}
    return data
