"""Values that steps pass to later steps: filled in for `<name>`, read from output."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterable, Mapping
from typing import Any

PLACEHOLDER = re.compile(r"<([a-z][a-z0-9_]*)>")
_ASSIGNMENT = r"^([a-z][a-z0-9_]*)=(.*)$"


def has_placeholder(text: str) -> bool:
    """Whether a text has a `<name>`, so that it is known only once an earlier step has given the value."""
    return PLACEHOLDER.search(text) is not None


def fill(text: str, values: Mapping[str, str], quote: Callable[[str], str] = str) -> str:
    """Replace each `<name>` with its value, passed through `quote`. Unknown names stay as they are."""
    return PLACEHOLDER.sub(lambda match: quote(values[match[1]]) if match[1] in values else match[0], text)


def fill_shell(text: str, values: Mapping[str, str]) -> str:
    """`fill` for a shell command: each value is quoted."""
    return fill(text, values, shlex.quote)


def fill_json(data: Any, values: Mapping[str, str]) -> Any:
    """`fill` for every text inside a JSON value. The keys of objects stay as they are."""
    if isinstance(data, str):
        return fill(data, values)
    if isinstance(data, list):
        return [fill_json(item, values) for item in data]
    if isinstance(data, dict):
        return {key: fill_json(item, values) for key, item in data.items()}
    return data


def parse_values(output: str) -> dict[str, str]:
    """The `name=value` lines of a script's output. If a name is set twice, the last value counts."""
    return dict(re.findall(_ASSIGNMENT, output, re.MULTILINE))


def without_values(lines: Iterable[str]) -> tuple[str, ...]:
    """The lines of a script's output that are not `name=value` lines."""
    return tuple(line for line in lines if not re.match(_ASSIGNMENT, line))
