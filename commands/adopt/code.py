"""A block of code: what of it becomes boxes, and what stays text."""

from __future__ import annotations

from commands.adopt.document import Block
from commands.adopt.draft import Box
from commands.adopt.scene import Scene
from commands.adopt.toml_box import box_lines

SHELLS = frozenset(
    ("bash", "sh", "shell", "zsh", "console", "shell-session", "shellsession", "terminal", "ksh", "dash")
)


def adopt_code(block: Block, scene: Scene) -> list[list[str] | Box]:
    """The content of the page that a block of code becomes."""
    if not scene.part or block.hidden or block.language.split(" ")[0] not in SHELLS:
        if block.content.strip():
            scene.notes.leave(block.line, "code that stays text")
        return [as_text(block.content)]
    if not block.content.strip():
        return []
    box = Box(kind="run", fields={"host": scene.places.host(), "commands": [block.content]}, line=block.first)
    return _whole(block, [box])


def _whole(block: Block, content: list[list[str] | Box]) -> list[list[str] | Box]:
    """The content, behind the block as it was if not each of its lines stands in one of the boxes."""
    shown = "\n".join(
        line for one in content for line in (box_lines(one.kind, one.fields) if isinstance(one, Box) else one)
    )
    lost = any(line.strip() and line.rstrip() not in shown for line in block.content.split("\n"))
    return [as_text(block.content), *content] if lost else content


def as_text(content: str) -> list[str]:
    """Code that is only shown. Its fence is longer than any fence inside it."""
    fence = "```"
    while any(line.strip().startswith(fence) for line in content.split("\n")):
        fence += "`"
    return [f"{fence}text", *content.split("\n"), fence]
