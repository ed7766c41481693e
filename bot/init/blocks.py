"""A page as blocks: each heading with its text and its box, to be changed and written again."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import tomlkit
from tomlkit import TOMLDocument

_HEADING = re.compile(r"#{1,6} ")
_BOX = re.compile(r"```toml ([\w-]+)$")
_FENCE = re.compile(r"(```|~~~)")


@dataclass(kw_only=True)
class Block:
    """A heading, the text below it, its box, and what follows the box, as they are written.

    The block above the first heading has none. Without a `kind` there is no box.
    """

    heading: str = ""
    prose: str = "\n"
    kind: str = ""
    box: TOMLDocument = field(default_factory=TOMLDocument)
    rest: str = "\n"

    def __str__(self) -> str:
        heading = f"{self.heading}\n" if self.heading else ""
        box = f"```toml {self.kind}\n{tomlkit.dumps(self.box)}```\n" if self.kind else ""
        return f"{heading}{self.prose}{box}{self.rest if self.kind else ''}"


def read_blocks(text: str) -> list[Block]:
    """The blocks of a page that has at most one box below each heading, as every readable page has."""
    return [_block(lines) for lines in _sections(text)]


def page_text(blocks: Iterable[Block]) -> str:
    """The page that the blocks make."""
    return "".join(map(str, blocks))


def _sections(text: str) -> Iterator[list[str]]:
    lines: list[str] = []
    fenced = False
    for line in text.splitlines():
        if _FENCE.match(line):
            fenced = not fenced
        if lines and not fenced and _HEADING.match(line):
            yield lines
            lines = []
        lines.append(line)
    yield lines


def _block(lines: list[str]) -> Block:
    heading = lines.pop(0) if _HEADING.match(lines[0]) else ""
    start = next((number for number, line in enumerate(lines) if _BOX.match(line)), None)
    if start is None:
        return Block(heading=heading, prose=_joined(lines))
    end = lines.index("```", start)
    kind = lines[start].removeprefix("```toml ")
    box = tomlkit.parse(_joined(lines[start + 1 : end]))
    return Block(heading=heading, prose=_joined(lines[:start]), kind=kind, box=box, rest=_joined(lines[end + 1 :]))


def _joined(lines: list[str]) -> str:
    return "".join(f"{line}\n" for line in lines)
