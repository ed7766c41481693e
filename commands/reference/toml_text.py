"""A value as a page writes it in TOML, on one line."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from commands.text.durations import format_duration


def toml_lines(name: str, value: Any, width: int) -> list[str]:
    """A field as TOML on one line, or where that is wider than `width`, its tables with their headers."""
    line = f"{_key(name)} = {toml_value(value)}"
    if len(line) <= width:
        return [line]
    if isinstance(value, Mapping) and all(isinstance(one, Mapping) for one in value.values()):
        return [text for inner, one in value.items() for text in _table(f"[{name}.{inner}]", one, width)]
    if isinstance(value, Mapping):
        return _table(f"[{name}]", value, width)
    if isinstance(value, list) and all(isinstance(one, Mapping) for one in value):
        return [text for one in value for text in _table(f"[[{name}]]", one, width)]
    return [line]


def _table(header: str, fields: Mapping[str, Any], width: int) -> list[str]:
    return [header, *(line for name, one in fields.items() for line in toml_lines(name, one, width))]


def _key(name: str) -> str:
    """A name as TOML takes it: in quotes where it has other letters than a bare key."""
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else json.dumps(name)


def toml_value(value: Any) -> str:
    """A text, number, boolean, duration, list or table as TOML."""
    if isinstance(value, timedelta):
        return f'"{format_duration(value)}"'
    if isinstance(value, str):
        # a literal text, because a backslash or a quote in the other one must be escaped
        literal = ('"' in value or "\\" in value) and "'" not in value
        return f"'{value}'" if literal else json.dumps(value, ensure_ascii=False)
    if isinstance(value, Mapping):
        return f"{{ {', '.join(f'{_key(name)} = {toml_value(one)}' for name, one in value.items())} }}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(toml_value, value))}]"
    return json.dumps(value)
