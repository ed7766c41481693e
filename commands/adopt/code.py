"""A block of code: what of it becomes boxes, and what stays text."""

from __future__ import annotations

import re

from commands.adopt.blocks import OTHER_CODE, drawn_checklist, shell_text
from commands.adopt.document import Block
from commands.adopt.draft import Box, Content
from commands.adopt.parts import is_about_failure
from commands.adopt.people import gate
from commands.adopt.scene import Scene
from commands.adopt.script import Script
from commands.adopt.toml_box import box_lines
from commands.runbook.page import Part
from commands.text.redaction import masked

_ANOTHER_PLACE = "it is for another environment than production, which needs a page of its own"
_NO_PART = "its heading does not say when it runs; if it does, move it to a part and write a box"
_SHOWN = 70  # characters of a command in a note
_ROLL_BACK = re.compile(r"roll(?:ing)? ?-?back", re.IGNORECASE)


def adopt_code(block: Block, scene: Scene) -> Content:
    """The content of the page that a block of code becomes."""
    if not block.content.strip():
        return []
    if scene.has_own_boxes and drawn_checklist(block):
        return [as_text(block.content)]
    text = shell_text(block)
    if items := drawn_checklist(block) if scene.part else []:
        return [as_text(block.content), gate((one for _, one in items), items[0][0], scene, f"{scene.heading}: sign")]
    if text is not None and (why := _rolls_back_instead(block, scene)):
        scene.notes.assume(block.first, f"{_first_line(block)}: {why}")
        return [as_text(block.content)]
    if why := _why_only_text(block, text, scene) or (scene.one_case if text is not None else ""):
        scene.notes.leave(block.first, f"{_first_line(block)}: {why}")
    if text is None or why:
        return [as_text(block.content)]
    if block.unclosed:
        scene.notes.assume(block.line, "this block is never closed, so it was read to the end of the runbook")
    return _whole(block, list(Script(scene, block.first).boxes(text)))


def _why_only_text(block: Block, text: str | None, scene: Scene) -> str:
    """Why code stays text although somebody may run it; empty if it is not code, or becomes boxes."""
    language = block.language.split(" ")[0]
    if text is None and language not in OTHER_CODE and (language or not scene.part):
        return ""
    if block.hidden:
        return "it stands in <details>, where people overlook a step; move it out and write a box"
    if scene.about_failure or is_about_failure(scene.lead):
        return "it is only for a failure, when people decide"
    if not scene.part:
        return _ANOTHER_PLACE if scene.other_place else _NO_PART
    if text is None:
        return (
            f"a `{language}` block is not run" if language else "a block without a language was not taken for commands"
        )
    return ""


def _rolls_back_instead(block: Block, scene: Scene) -> str:
    """Let the step above roll back on a failure, if that is what the block is for, and say so; empty if it is not."""
    if not is_about_failure(scene.lead):
        return ""
    said = f"{scene.lead}\n{block.content}"
    above = scene.boxes[-1] if scene.boxes else None
    decides = re.search(r"\bor\b", said, re.IGNORECASE)
    if not above or decides or not _ROLL_BACK.search(said) or scene.part not in {Part.DEPLOY, Part.SMOKE_TESTS}:
        return ""
    above.fields["on_failure"] = "roll back"
    return 'it is only for a failure: the step above got on_failure = "roll back", and the part Rollback does this'


def _first_line(block: Block) -> str:
    lines = [line.strip() for line in block.content.split("\n") if line.strip()]
    line = next((line for line in lines if not line.startswith("#")), lines[0])
    shown = masked(line.replace("`", " "))
    return f"`{shown[:_SHOWN]}{'…' if len(shown) > _SHOWN else ''}`"


def _whole(block: Block, content: Content) -> Content:
    """The content, behind the block as it was if not each of its lines stands in one of the boxes."""
    shown = "\n".join(
        line for one in content for line in (box_lines(one.kind, one.fields) if isinstance(one, Box) else one)
    )
    known = {line.strip() for line in shown.split("\n")}
    unknown = [line.rstrip() for line in block.content.split("\n") if line.strip() and line.strip() not in known]
    lost = any(line not in shown for line in unknown)
    return [as_text(block.content), *content] if lost else content


def as_text(content: str) -> list[str]:
    """Code that is only shown. Its fence is longer than any fence inside it."""
    fence = "```"
    while any(line.strip().startswith(fence) for line in content.split("\n")):
        fence += "`"
    return [f"{fence}text", *content.split("\n"), fence]
