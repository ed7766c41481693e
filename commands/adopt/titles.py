"""The headings of boxes that a runbook gives none: from the comments and lines above them."""

from __future__ import annotations

import re

from commands.adopt.draft import Box
from commands.adopt.found import expectation
from commands.adopt.people import comment_text

_SETS = re.compile(r"\w+=")  # a variable of one command, before its program
_TITLE = 80  # characters of a heading that is made of a comment


def word_for(box: Box) -> str:
    """A word for a box without one of its own."""
    if box.kind == "run":
        words = str(box.fields["commands"][-1].split("\n")[-1]).split(" ")
        return next((word for word in words if not _SETS.match(word)), words[0])
    return str(box.fields["path"]) if box.kind == "http" else box.kind


def title_in(line: str) -> str:
    """The line above a block as the title of its first box; empty if it is more than a title."""
    text = re.sub(r"[*`]", "", line).strip(" :#>-\t")
    return text if len(text) <= _TITLE and not text.startswith(("|", "{", "<", "[", "!")) else ""


def title_of(comments: list[str] | tuple[str, ...]) -> str:
    """The first comment above a command that is about it."""
    texts = [text for text in map(comment_text, comments) if text and expectation(text) is None]
    return texts[0].rstrip(":")[:_TITLE] if texts else ""
