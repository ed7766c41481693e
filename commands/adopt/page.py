"""The page, written from its sections; each box learns the line on which it stands."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence

from commands.adopt.draft import Box, Section
from commands.adopt.toml_box import box_lines
from commands.runbook.build import slug
from commands.steps import KINDS

_NOT_PUT_IN = frozenset(("commands", "sql", "verify", "text", "item"))
_VARIABLE = re.compile(r"\$[A-Z][A-Z0-9_]*")
_LONGEST_ID = 40  # characters


def give_ids(sections: Iterable[Section]) -> None:
    """Give every step's box an id of its own, from the words of its heading."""
    used: Counter[str] = Counter()
    for section in sections:
        for number, box in enumerate(section.boxes):
            if box.kind not in KINDS:
                continue
            title = box.title if number and box.title else section.title
            name = _short(slug(title.replace("**", "").replace("`", ""))) or box.kind
            unique = name
            while used[unique]:
                used[name] += 1
                unique = f"{name}-{used[name]}"
            used[unique] += 1
            box.fields = {"id": unique, **box.fields}


def _short(name: str) -> str:
    while len(name) > _LONGEST_ID and "-" in name:
        name = name.rpartition("-")[0]
    return name[:_LONGEST_ID]


def page_text(sections: Sequence[Section]) -> str:
    """The page. A box that is not the first one under a heading gets a heading of its own."""
    lines: list[str] = []
    for section in sections:
        _add(lines, [f"{'#' * section.level} {section.title}".rstrip()])
        boxes = 0
        for one in section.content:
            if not isinstance(one, Box):
                _add(lines, one)
                continue
            if boxes:
                title = one.title or f"{section.title} ({boxes + 1})"
                _add(lines, [f"{'#' * min(6, max(3, section.level + 1))} {title}"])
            _add(lines, box_lines(one.kind, one.fields))
            one.page_line = len(lines) - len(box_lines(one.kind, one.fields)) + 1
            boxes += 1
    return "\n".join(lines) + "\n"


def variables_of(boxes: Iterable[Box]) -> tuple[str, ...]:
    """The variables of the bot that boxes name, each once; a command's own are the shell's."""
    texts = (repr([value for name, value in box.fields.items() if name not in _NOT_PUT_IN]) for box in boxes)
    return tuple(dict.fromkeys(name for text in texts for name in _VARIABLE.findall(text)))


def _add(lines: list[str], more: Sequence[str]) -> None:
    """Add lines behind one empty line, without those that are empty at their ends."""
    shown = list(more)
    while shown and not shown[0].strip():
        shown.pop(0)
    while shown and not shown[-1].strip():
        shown.pop()
    if lines and shown:
        lines.append("")
    lines += shown
