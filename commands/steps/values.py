"""Values that steps pass to later steps: filled in for `<name>`, read from output."""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Mapping
from typing import Any

from commands.ports.page_text import PLACEHOLDER, PageText, Text

_ASSIGNMENT = r"^([a-z][a-z0-9_]*)=(.*)$"
# what the product's own scripts say to the bot, which people read in the step's result
TO_THE_BOT = re.compile(rf"{_ASSIGNMENT}|(table|column|lock|verify|went back): ")


def has_placeholder(text: str) -> bool:
    """Whether a text has a `<name>`, so that it is known only once an earlier step has given the value."""
    return PLACEHOLDER.search(text) is not None


def fill(text: str, values: Mapping[str, str]) -> str:
    """Replace each `<name>` with its value, to show or compare the text. Unknown names stay as they are."""
    return str(PageText(text, values))


def fill_json(data: Any, values: Mapping[str, str], numbers: Container[str] = ()) -> Any:
    """`fill` for every text inside a JSON value. A text that is one of `numbers` becomes a JSON number.

    The keys of objects stay as they are.
    """
    return _json(data, values, numbers, fill)


def page_json(data: Any, values: Mapping[str, str], numbers: Container[str] = ()) -> Any:
    """The same for a request's body: each text becomes a `PageText`."""
    return _json(data, values, numbers, PageText)


def page_texts(texts: Mapping[str, Text], values: Mapping[str, str]) -> dict[str, PageText]:
    """Texts of the page by name, like the headers of a request or the variables of a script, with the values."""
    return {name: text if isinstance(text, PageText) else PageText(text, values) for name, text in texts.items()}


def parse_values(output: str) -> dict[str, str]:
    """The `name=value` lines of a script's output. If a name is set twice, the last value counts."""
    return dict(re.findall(_ASSIGNMENT, output, re.MULTILINE))


def without_values(lines: Iterable[str]) -> tuple[str, ...]:
    """The lines of a script's output that are not `name=value` lines."""
    return tuple(line for line in lines if not re.match(_ASSIGNMENT, line))


def _json(data: Any, values: Mapping[str, str], numbers: Container[str], text_of: Any) -> Any:
    if isinstance(data, str):
        match = PLACEHOLDER.fullmatch(data)
        if match and match[1] in values and match[1] in numbers:
            value = values[match[1]]
            return float(value) if "." in value else int(value)
        return text_of(data, values)
    if isinstance(data, list):
        return [_json(item, values, numbers, text_of) for item in data]
    if isinstance(data, dict):
        return {key: _json(item, values, numbers, text_of) for key, item in data.items()}
    return data
