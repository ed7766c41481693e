"""No-break spaces become plain: a shell and Markdown read them as part of a word."""

from __future__ import annotations

import re

from commands.adopt.scene import Scene

_WIDE = re.compile("[\u00a0\u2007\u202f]")  # no-break spaces, as Confluence, Notion and Google Docs write them
_OF_NO_WIDTH = re.compile("[\u200b\u2060\ufeff]")


def with_plain_spaces(text: str, scene: Scene) -> str:
    """The runbook with plain spaces, and without those of no width; its author is told where the first was."""
    plain = _OF_NO_WIDTH.sub("", _WIDE.sub(" ", text))
    if plain != text:
        pairs = zip(text.split("\n"), plain.split("\n"), strict=True)
        line = next(number for number, (old, new) in enumerate(pairs, start=1) if old != new)
        why = "no-break spaces became plain ones, here and below: a shell and Markdown would read them as letters"
        scene.notes.assume(line, why)
    return plain
