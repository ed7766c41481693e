"""The lines of a new page that hold the recipe's own texts, which its team must look at."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from bot.init.changes import UNKNOWN_ACTION
from commands.runbook.markdown import Box, read_sections
from commands.runbook.mistakes import Mistakes
from commands.steps import KINDS
from commands.steps.base import StepBox

# fields of the boxes that are no steps
_HEAD_FIELDS = {"runbook": ("target", "time_zone", "ref"), "rollback": ("within", "loses"), "watch": ("lasts",)}
# a text in these says nothing of the application
_OF_THE_PAGE = {
    *StepBox.model_fields,
    "host",
    "web",
    "database",
    "steps",
    "of",
    "manager",
    "mode",
    "state",
    "migration",
}
_WRITTEN_ANEW = 3  # lines at the top of a new page: its title, and from which recipe it is
# only variables and values of the run, or a duration
_SAYS_NOTHING = re.compile(r"(\$[A-Z][A-Z0-9_]*|<[a-z_]+>|\s)*|\d+ (s|min|h|d)")


def own_lines(text: str, speaks_of: Iterable[str] = ()) -> list[str]:
    """One line for each box with such texts, and for each line with a word of `speaks_of`."""
    sections = read_sections(text, Mistakes())
    found = [(line, shown) for one in sections if one.box for line, shown in _of_box(one.box, one.title)]
    found += _prose(text, [word for word in speaks_of if word])
    width = max((len(str(line)) for line, _ in found), default=1)
    return [f"line {line:>{width}}  {shown}" for line, shown in sorted(found)]


def _of_box(box: Box, title: str) -> Iterator[tuple[int, str]]:
    if box.kind == "places":
        for name, database in box.fields.get("databases", {}).items():
            if "pg_programs" in database:
                yield box.line_of(("databases", name, "pg_programs")), f"Places: pg_programs of {name}"
        return
    if box.kind == "roles":
        for name, role in box.fields.items():
            if role.get("action") == UNKNOWN_ACTION:
                yield box.line_of((name, "action")), f"{title}: action of {name}"
        return
    if names := [name for name in box.fields if _is_own(box.kind, name, box.fields[name])]:
        yield min(box.line_of((name,)) for name in names), f"{title}: {', '.join(names)}"


def _is_own(kind: str, name: str, value: Any) -> bool:
    if kind in _HEAD_FIELDS:
        return name in _HEAD_FIELDS[kind]
    if kind not in KINDS:
        return kind == "alerts"
    return name not in _OF_THE_PAGE and any(not _SAYS_NOTHING.fullmatch(text) for text in _texts(value))


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _texts(item)


def _prose(text: str, words: list[str]) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(text.splitlines(), start=1):
        told = [word for word in words if re.search(rf"\b{re.escape(word)}", line, re.IGNORECASE)]
        if told and number > _WRITTEN_ANEW:
            yield number, f"the text speaks of {' and '.join(told)}"
