"""Work that stands in the text of a runbook and becomes no step is named to its author."""

from __future__ import annotations

import re

from commands.adopt.blocks import looks_like_command
from commands.adopt.document import Block
from commands.adopt.lists import TO_TICK
from commands.adopt.scene import Scene
from commands.text.redaction import masked

_INLINE_CODE = re.compile(r"(?<!`)`([^`]+)`(?!`)")
_ITEM = re.compile(r"\s*(?:[-*+]|\d+[.)])\s")


def note_work_in_text(block: Block, scene: Scene) -> None:
    """Name the commands and the items to tick that stand in the text of a part that runs."""
    for number, line in enumerate(block.lines, start=block.line):
        if TO_TICK.match(line):
            scene.notes.leave(number, "an item to tick that stands in a text; a gate would ask for it")
        for code in _INLINE_CODE.findall(line) if _ITEM.match(line) else ():
            if looks_like_command(code):
                scene.notes.leave(number, f"`{masked(code)[:70]}`: a command in the text is not run")
