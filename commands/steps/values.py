"""Values that steps hand on to later ones: put in place of their `<name>`, and read from a script's output."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterable, Mapping
from typing import Any

VALUE = re.compile(r"<([a-z][a-z0-9_]*)>")


def has_placeholder(text: str) -> bool:
    """Whether a text has a `<name>`, so that it is known only once an earlier step has given the value."""
    return VALUE.search(text) is not None


def fill(text: str, values: Mapping[str, str], quote: Callable[[str], str] = str) -> str:
    """Put the values of earlier steps in place of their `<name>`; unknown names stay. `quote` makes each one safe."""
    return VALUE.sub(lambda found: quote(values[found[1]]) if found[1] in values else found[0], text)


def fill_shell(text: str, values: Mapping[str, str]) -> str:
    """`fill` for a shell command: each value is quoted."""
    return fill(text, values, shlex.quote)


def fill_json(data: Any, values: Mapping[str, str]) -> Any:
    """`fill` for every text inside a JSON value."""
    if isinstance(data, str):
        return fill(data, values)
    if isinstance(data, list):
        return [fill_json(item, values) for item in data]
    if isinstance(data, dict):
        return {key: fill_json(item, values) for key, item in data.items()}
    return data


_TOLD = r"^([a-z][a-z0-9_]*)=(.*)$"


def parse_values(output: str) -> dict[str, str]:
    """The `name=value` lines of a script's output, later ones over earlier ones."""
    return dict(re.findall(_TOLD, output, re.MULTILINE))


def without_values(lines: Iterable[str]) -> tuple[str, ...]:
    """The lines of a script's output that tell no value."""
    return tuple(line for line in lines if not re.match(_TOLD, line))
