"""What a page is made of before it is written: boxes, text, and notes on both."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import field
from typing import Any

from commands.adopt.document import Chapter
from state.frozen import dataclass

PREFIX = "$PROD_"  # of the variables that the page gets


@dataclass(frozen=True, kw_only=True)
class Note:
    """What the author must know of a line of the runbook. `line` is 0 where it is about no line.

    `page_line` is where it is changed on the page, once that is written; 0 where that is not one line.
    """

    line: int
    text: str
    page_line: int = 0


@dataclasses.dataclass(kw_only=True)
class Box:
    """A box to be. `line` is the runbook's line that it comes from, `why` what it does better than that line.

    `title` is for the heading that it gets if another box stands above it under the same heading. `page_line` is
    where it stands on the page, once that is written. `about` is the file that the command writes.
    """

    kind: str
    fields: dict[str, Any]
    line: int
    title: str = ""
    why: str = ""
    page_line: int = 0
    about: str = ""


Content = list[list[str] | Box]  # lines of text, and boxes


@dataclasses.dataclass(kw_only=True)
class Section:
    """A heading of the page with its content, in order."""

    level: int
    title: str
    line: int = 0
    content: Content = field(default_factory=list)

    @property
    def boxes(self) -> Iterator[Box]:
        """Its boxes."""
        return (one for one in self.content if isinstance(one, Box))


@dataclasses.dataclass(kw_only=True)
class Unit:
    """A chapter with the chapters below it that belong to the same part; `part` is empty if they are of none.

    `guessed`: the heading's words only may mean that part.
    """

    part: str
    chapters: list[Chapter]
    sections: list[Section] = field(default_factory=list)
    guessed: bool = False


@dataclasses.dataclass(kw_only=True)
class Notes:
    """What is said to the author, each once, besides what became of each box."""

    assumed: dict[Note, None] = field(default_factory=dict)
    unplaced: dict[Note, None] = field(default_factory=dict)
    blanks: dict[Note, None] = field(default_factory=dict)

    def assume(self, line: int, text: str) -> None:
        """Note what the runbook does not say, and what was written instead."""
        self.assumed[Note(line=line, text=text)] = None

    def leave(self, line: int, text: str) -> None:
        """Note what stays text on the page, although somebody may have to do it."""
        self.unplaced[Note(line=line, text=text)] = None

    def fill_in(self, line: int, text: str) -> None:
        """Note what stands in a box in the place of something that only the author knows."""
        self.blanks[Note(line=line, text=text)] = None
