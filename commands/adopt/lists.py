"""Lists: which of them is a checklist, and how one goes on behind code that stood inside it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from markdown_it.token import Token

# the boxes that people draw: to be ticked, and ticked
MARK = re.compile(r"(?:\[[ xX]?\]|[□☐☑☒✅✔❏❑◻⬜])\ufe0f?\s*")
TO_TICK = re.compile(r"^[ \t>]*(?:[-*+]|\d+[.)])?\s*(?:\[ ?\]|[□☐❏❑◻⬜])")
_ITEM = re.compile(r"\s*(?:[-*+]|\d+[.)])\s+")


def checklist_items(tokens: Sequence[Token], index: int) -> tuple[tuple[int, str], ...]:
    """The items of the list that begins here, each with its line; empty if not each of its items has a box."""
    level = tokens[index].level
    items: list[tuple[int, str]] = []
    for position in range(index + 1, len(tokens)):
        token = tokens[position]
        if token.type == "bullet_list_close" and token.level == level:
            return tuple(items)
        if token.type in {"fence", "code_block"}:
            return ()  # a page has no box inside a list, so the list cannot stay as it is
        if token.type != "list_item_open" or token.level != level + 1:
            continue
        text = next((one for one in tokens[position + 1 : position + 3] if one.type == "inline"), None)
        mark = MARK.match(text.content) if text else None
        if text is None or mark is None or not text.map:
            return ()
        items.append((text.map[0] + 1, " ".join(text.content[mark.end() :].split())))
    return ()


def checklist_in(code: str) -> list[tuple[int, str]]:
    """The items of a checklist that is drawn inside a code block, with their lines counted from 0."""
    found = []
    for number, line in enumerate(code.split("\n")):
        text = _ITEM.sub("", line, count=1).strip()
        if mark := MARK.match(text):
            found.append((number, text[mark.end() :].strip()))
    return [(number, text) for number, text in found if text]


def left_margin(lines: Sequence[str]) -> list[str]:
    """The lines with the indent removed that they had inside a list, so that none of them reads as code."""
    shown, removed = [], 0
    fresh = True
    for line in lines:
        indent = len(line) - len(line.lstrip(" "))
        if line.strip() and (fresh or indent < removed):
            removed, fresh = indent, False
        shown.append(line[min(removed, indent) :])
    return shown
