"""Work that stands in the text of a runbook and becomes no step is named to its author."""

from __future__ import annotations

import re

from commands.adopt.blocks import looks_like_command
from commands.adopt.document import Block
from commands.adopt.lists import TO_TICK
from commands.adopt.scene import Scene
from commands.text.redaction import masked

_INLINE_CODE = re.compile(r"(?<!`)`([^`]+)`(?!`)")
_REASONS = re.compile(
    r"\b(?:roll(?:ing)? ?-?back|abort|revert)\b.{0,30}\b(?:if|when)\b(?! (?:needed|necessary|required))[^.:]*:\W*$"
    r"|\b(?:when|whether) to (?:roll ?-?back|abort|revert)\b|\b(?:roll ?-?back|abort) (?:triggers?|criteria)",
    re.IGNORECASE,
)
_END = 200  # characters of a line in which it is said
_ITEM = re.compile(r"\s*(?:[-*+]|\d+[.)])\s")


def note_work_in_text(block: Block, scene: Scene) -> None:
    """Name the commands and the items to tick that stand in the text of a part that runs."""
    for number, line in enumerate(block.lines, start=block.line):
        if TO_TICK.match(line):
            scene.notes.leave(number, "an item to tick that stands in a text; a gate would ask for it")
        for code in _INLINE_CODE.findall(line) if _ITEM.match(line) else ():
            if looks_like_command(code):
                scene.notes.leave(number, f"`{masked(code)[:70]}`: a command in the text is not run")


def note_reasons_to_roll_back(block: Block, scene: Scene) -> None:
    """Name each item of a list of reasons to roll back: only an alert is noticed by the watch."""
    is_reason = _gives_reasons(scene.heading)
    for number, line in enumerate(block.lines, start=block.line):
        item = _ITEM.match(line)
        if line.strip():
            is_reason = _gives_reasons(line) or (is_reason and (bool(item) or number == block.line))
        if is_reason and item:
            shown = masked(line[item.end() :].strip())[:70]
            scene.notes.leave(number, f"“{shown}”, a reason to roll back; write an alert under “## Alerts”")


def _gives_reasons(line: str) -> bool:
    """Whether a line ends by saying when to roll back."""
    return bool(_REASONS.search(line[-_END:]))
