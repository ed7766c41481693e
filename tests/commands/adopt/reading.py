"""What `adopt` makes of a piece of a runbook, as the boxes of its page."""

from __future__ import annotations

import re
import tomllib
from typing import Any

from commands.adopt.adopted import Adopted, adopt

Boxes = list[tuple[str, dict[str, Any]]]
_FRAME = frozenset(("runbook", "places", "roles", "decision", "rollback", "watch", "release"))


def boxes_of(page: str) -> Boxes:
    """Every box of a page, with its kind and its fields."""
    found = re.findall(r"^```toml (\S+)\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    return [(kind, tomllib.loads(fields)) for kind, fields in found]


def under(heading: str, content: str, language: str = "bash") -> Adopted:
    """A runbook with one block of code under one heading."""
    return adopt(f"# Shop\n\n## {heading}\n\n```{language}\n{content}\n```\n", "Shop")


def made_of(content: str, heading: str = "Deploy") -> Boxes:
    """The boxes of steps that a block of shell under a heading becomes, without their ids."""
    steps = [(kind, fields) for kind, fields in boxes_of(under(heading, content).page) if kind not in _FRAME]
    return [(kind, {name: value for name, value in fields.items() if name != "id"}) for kind, fields in steps]


def kinds(content: str, heading: str = "Deploy") -> list[str]:
    """Only their kinds."""
    return [kind for kind, _ in made_of(content, heading)]


def told(adopted: Adopted) -> str:
    """All notes as one text."""
    notes = (*adopted.assumed, *adopted.unplaced, *adopted.blanks)
    return "\n".join(f"{note.line}: {note.text}" for note in notes)
