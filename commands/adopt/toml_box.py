"""A box as the lines of a page."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from commands.reference.toml_text import toml_value

_WIDTH = 110  # characters of a list or table on one line
# what TOML allows in a text only when it is written as an escape
_ESCAPED = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


def box_lines(kind: str, fields: Mapping[str, Any]) -> list[str]:
    """The box, from its opening fence to its closing one. Lists of tables in `[[…]]` come last, as TOML needs it."""
    plain = [line for name, value in fields.items() if not _is_tables(value) for line in _field(name, value)]
    for name, value in fields.items():
        if isinstance(value, Mapping) and _is_tables(value):
            for inner, table in value.items():
                header = f"[{inner}]" if name in {"roles", "loses"} else f"[{name}.{inner}]"
                plain += ["", header, *(line for one, field in table.items() for line in _field(one, field))]
        elif _is_tables(value):
            for table in value:
                plain += ["", f"[[{name}]]", *(line for one, field in table.items() for line in _field(one, field))]
    return [f"```toml {kind}", *(plain[1:] if plain[:1] == [""] else plain), "```"]


def _is_tables(value: Any) -> bool:
    """Whether a value is written as tables with headers: one that has a text of several lines, or names."""
    if isinstance(value, Mapping):
        return bool(value) and all(isinstance(one, Mapping) for one in value.values())
    return isinstance(value, list) and bool(value) and isinstance(value[0], Tables)


class Tables(dict[str, Any]):
    """A table of a list that is written as `[[name]]`."""


def _field(name: str, value: Any) -> list[str]:
    if isinstance(value, list):
        items = [text(one) for one in value]
        line = f"{name} = [{', '.join(items)}]"
        if len(line) <= _WIDTH and "\n" not in line:
            return [line]
        listed = ",\n".join(_indented(item) for item in items)
        return [f"{name} = [", *f"{listed},".split("\n"), "]"]
    return f"{name} = {text(value)}".split("\n")


def _indented(item: str) -> str:
    return item if item.startswith("'''") else f"    {item}"


def text(value: Any) -> str:
    """A value as TOML; a text stands as it is wherever TOML has a form for that."""
    if not isinstance(value, str):
        return toml_value(value)
    if _ESCAPED.search(value):
        return re.sub(r"[\x7f]", lambda found: f"\\u{ord(found[0]):04x}", toml_value(value))
    if "\n" in value and "'''" not in value and not value.endswith("''"):
        return f"'''\n{value}'''"
    if '"' in value and "'" in value and "'''" not in value and "\n" not in value:
        return f"'''{value}'''" if not value.endswith("'") else f"'''\n{value}\n'''"
    return toml_value(value)
