"""The line of the page that a note is about, so that its author finds the place to change."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import replace

from commands.adopt.draft import Box, Note

_FENCE = "```"


class WrittenPage:
    """Finds lines of a page; `boxes` are its boxes, in the order of the runbook's lines. Notes come in that order, too.

    Each look-up goes on where the last one ended, because a runbook may have thousands of notes.
    """

    def __init__(self, runbook: Sequence[str], page: Sequence[str], boxes: Sequence[Box]) -> None:
        self._runbook, self._page, self._boxes = runbook, page, boxes
        self._box_lines = [box.line for box in boxes]
        self._texts = [self._text_of(box) for box in boxes]
        self._cursors = [0] * len(boxes)
        self._places: dict[str, list[int]] = {}
        for number, line in enumerate(page, start=1):
            self._places.setdefault(line.strip(), []).append(number)

    def assumed(self, notes: Iterable[Note]) -> tuple[Note, ...]:
        """What was written without the runbook saying it: where it is written."""
        return tuple(replace(note, page_line=self._written(note)) for note in notes)

    def blanks(self, notes: Iterable[Note]) -> tuple[Note, ...]:
        """What stands in a box in the place of something else: its line in the box."""
        return tuple(replace(note, page_line=note.page_line or self._in_box(note)) for note in notes)

    def unplaced(self, notes: Iterable[Note]) -> tuple[Note, ...]:
        """What stays text: where it stands, if there is one such line."""
        return tuple(replace(note, page_line=self._as_text(note)) for note in notes)

    def _text_of(self, box: Box) -> str:
        """The lines of a box between its fences."""
        end = next((at for at in range(box.page_line, len(self._page)) if self._page[at].startswith(_FENCE)), None)
        return "\n".join(self._page[box.page_line : end])

    def _written(self, note: Note) -> int:
        """The line that the note begins with, such as `takes = "5 min"`; else its box."""
        if not note.line:
            at = [number for number, line in enumerate(self._page[:20], start=1) if _begins(note.text, line)]
            return at[0] if len(at) == 1 else 0
        known = range(self._first_of(note.line), bisect_right(self._box_lines, note.line))
        at = [
            self._boxes[place].page_line + number
            for place in known
            for number, line in enumerate(self._texts[place].split("\n"), start=1)
            if _begins(note.text, line)
        ]
        return at[0] if len(at) == 1 else self._boxes[known[0]].page_line if known else 0

    def _first_of(self, line: int) -> int:
        return bisect_right(self._box_lines, line - 1)

    def _in_box(self, note: Note) -> int:
        place = bisect_right(self._box_lines, note.line) - 1
        said = self._said(note)
        if place < 0:
            return self._as_text(note)
        text, cursor = self._texts[place], self._cursors[place]
        at = text.find(said, cursor) if said else -1
        if at < 0 and said:
            at = text.find(said)
        if at >= 0:
            self._cursors[place] = at
            return self._boxes[place].page_line + text.count("\n", 0, at) + 1
        return self._boxes[place].page_line if self._box_lines[place] == note.line else self._as_text(note)

    def _as_text(self, note: Note) -> int:
        said = self._said(note)
        at = self._places.get(said, []) if said else []
        return at[0] if len(at) == 1 else 0

    def _said(self, note: Note) -> str:
        return self._runbook[note.line - 1].strip() if 0 < note.line <= len(self._runbook) else ""


def _begins(text: str, line: str) -> bool:
    return " = " in line and text.startswith(line)
