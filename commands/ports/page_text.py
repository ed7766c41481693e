"""Texts of the page, with the values of earlier steps."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import field

from state.frozen import dataclass

PLACEHOLDER = re.compile(r"<([a-z][a-z0-9_]*)>")
# a quoted `'<name>'` is the same place: nothing is ever put between quotes
SQL_PLACEHOLDER = re.compile(rf"'{PLACEHOLDER.pattern}'|{PLACEHOLDER.pattern}")
_PARTS = re.compile(rf"\$([A-Z][A-Z0-9_]*)|{PLACEHOLDER.pattern}")


@dataclass(frozen=True)
class PageText:
    """A text as it stands on the page, and the values that belong at its `<name>`s.

    `$NAME` stands for a variable of the bot's environment. The values come from hosts, web answers and people, so a
    `$NAME` or a `<name>` inside a value is only data. `str()` gives the text for messages, with every `$NAME` as it is.
    """

    text: str
    values: Mapping[str, str] = field(default_factory=dict)

    def render(self, variable: Callable[[str], str], value: Callable[[str], str] = str) -> str:
        """Replace each `$NAME` by `variable(NAME)` and each known `<name>` by `value(...)` of its value, in one pass.

        Nothing that was put in is read again. An unknown `<name>` stays as it is.
        """

        def part(match: re.Match[str]) -> str:
            if match[1]:
                return variable(match[1])
            return value(self.values[match[2]]) if match[2] in self.values else match[0]

        return _PARTS.sub(part, self.text)

    def __str__(self) -> str:
        return self.render(lambda name: f"${name}")


@dataclass(frozen=True)
class DatabaseAddress(PageText):
    """The `$NAME` of a database's URL. To a script it is given as the variables that PostgreSQL's programs read."""


# at a port, a plain `str` is data in which nothing is resolved
Text = str | PageText
