"""Requests that a part of the runbook stops, and nobody lets in again."""

from __future__ import annotations

import re

from commands.adopt.draft import Box, Content, Unit
from commands.adopt.people import gate
from commands.adopt.scene import Scene
from commands.runbook.page import Part

_STOPS = re.compile(
    r"\b(?:stop|block|drain|reject)\b.{0,20}\b(?:requests|traffic|users)\b|maintenance(?: mode)? on\b"
    r"|enable maintenance|\bartisan down\b",
    re.IGNORECASE,
)
_LETS_IN = re.compile(
    r"\b(?:let|allow|resume|restore|start|enable|accept)\b.{0,20}\b(?:requests|traffic|users)\b"
    r"|maintenance(?: mode)? off\b|disable maintenance|\bartisan up\b|\bundrain|\buncordon",
    re.IGNORECASE,
)


def let_requests_in(unit: Unit, scene: Scene) -> None:
    """Name requests that a part stops and no line of it lets in again; at the end of a rollback people are asked."""
    lines = [
        (number, line)
        for block in (block for chapter in unit.chapters for block in chapter.blocks)
        for number, line in enumerate(
            block.content.split("\n") if block.content else block.lines, block.first or block.line
        )
    ]
    stopped = [number for number, line in lines if _STOPS.search(line)]
    if stopped and not any(_LETS_IN.search(line) for number, line in lines if number > stopped[-1]):
        why = "requests are stopped here, and no line of this part lets them in again"
        if unit.part != Part.ROLLBACK or not any(True for section in unit.sections for _ in section.boxes):
            scene.notes.fill_in(stopped[-1], f"{why}; write a step that does")
            return
        scene.notes.assume(stopped[-1], f"{why}; a `gate` at the end asks for it")
        content = unit.sections[-1].content
        asked = gate(["Let requests in again"], stopped[-1], scene, "Let requests in again")
        content.insert(_before_the_last_word(content), asked)


def _before_the_last_word(content: Content) -> int:
    """The end of a part; before a message that it is over, whatever text stands behind that."""
    last = next((place for place in range(len(content) - 1, -1, -1) if isinstance(content[place], Box)), None)
    if last is None:
        return len(content)
    box = content[last]
    return last if isinstance(box, Box) and box.kind == "notify" else len(content)
