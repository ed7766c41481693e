"""Work that stands in the text of a runbook and becomes no step is named to its author."""

from __future__ import annotations

import re
from collections.abc import Iterable

from commands.adopt.blocks import looks_like_command
from commands.adopt.document import Block, Chapter, Sort
from commands.adopt.lists import TO_TICK
from commands.adopt.scene import Scene
from commands.text.redaction import masked

_INLINE_CODE = re.compile(r"(?<!`)`([^`]+)`(?!`)")
_SENTENCE = re.compile(r"[.:!?]\s*$")
_ITEM = re.compile(r"\s*(?:[-*+]|\d+[.)])\s")


def note_work_in_text(block: Block, scene: Scene) -> None:
    """Name the commands and the items to tick that stand in the text of a part that runs."""
    for number, line in enumerate(block.lines, start=block.line):
        if TO_TICK.match(line):
            scene.notes.leave(number, "an item to tick that stands in a text; a gate would ask for it")
        for code in _INLINE_CODE.findall(line) if _ITEM.match(line) else ():
            if looks_like_command(code):
                scene.notes.leave(number, f"`{masked(code)[:70]}`: a command in the text is not run")


def note_commands_outside_code(chapters: Iterable[Chapter], scene: Scene) -> None:
    """Say it if a runbook without a block of code has lines that look like commands: a paste has lost the blocks."""
    blocks = [block for chapter in chapters for block in chapter.blocks]
    if any(block.sort is Sort.CODE for block in blocks):
        return
    found = [
        (number, line.strip())
        for block in blocks
        if block.sort is Sort.TEXT
        for number, line in enumerate(block.lines, start=block.line)
        if looks_like_command(line) and not _SENTENCE.search(line)
    ]
    if found:
        number, line = found[0]
        are = "1 line looks like a command" if len(found) == 1 else f"{len(found)} lines look like commands"
        scene.notes.leave(
            number,
            f"{are}, the first is `{masked(line)[:70]}`, but the runbook has no block of code, so none became a step; "
            "write ``` in a line above and below the commands of each step, and adopt it again",
        )
