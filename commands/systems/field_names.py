"""The names of the fields that a JSON answer has, where one that the page reads is not there."""

from __future__ import annotations

import re
from typing import Any

from commands.text.phrases import joined

_NAME = re.compile(r"[A-Za-z_][\w-]{0,39}")  # any other key may be data, such as an address or an id
_MOST = 8  # names that a message lists


def field_missing(data: Any, path: str) -> str:
    """Where the field "a.b" ends to be there, and what is there instead, as a clause; empty if it is there.

    Only names are shown, and no value.
    """
    inside = ""
    for name in path.split("."):
        if not isinstance(data, dict):
            return f"`{inside}` has no fields" if inside else "the answer is not a JSON object"
        if name not in data:
            return f"{f'`{inside}`' if inside else 'it'} has {names_in(data)}"
        data, inside = data[name], f"{inside}.{name}".lstrip(".")
    return ""


def names_in(data: dict[str, Any]) -> str:
    """The fields of a JSON object, as the end of "it has"."""
    names = [name for name in data if isinstance(name, str) and _NAME.fullmatch(name)]
    shown = [f"`{name}`" for name in names[:_MOST]]
    if more := len(data) - len(shown):
        shown.append(f"{more} more" if shown else f"{more} with names that are not shown")
    return joined(shown) or "no fields at all"
