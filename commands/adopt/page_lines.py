"""The line of the page that a note is about, so that its author finds the place to change."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from commands.adopt.draft import Box, Note

_FENCE = "```"


@dataclass(frozen=True, kw_only=True)
class WrittenPage:
    """A runbook's lines, those of its page, and the page's boxes, in the order of the runbook's lines."""

    runbook: Sequence[str]
    page: Sequence[str]
    boxes: Sequence[Box]

    def assumed(self, notes: Iterable[Note]) -> tuple[Note, ...]:
        """What was written without the runbook saying it: where it is written."""
        return tuple(replace(note, page_line=self._written(note)) for note in notes)

    def blanks(self, notes: Iterable[Note]) -> tuple[Note, ...]:
        """What stands in a box in the place of something else: its line in the box."""
        return tuple(replace(note, page_line=note.page_line or self._in_box(note)) for note in notes)

    def unplaced(self, notes: Iterable[Note]) -> tuple[Note, ...]:
        """What stays text: where it stands, if there is one such line."""
        return tuple(replace(note, page_line=self._as_text(note)) for note in notes)

    def _written(self, note: Note) -> int:
        boxes = [box for box in self.boxes if box.line == note.line] if note.line else []
        inside = [place for box in boxes for place in self._inside(box)] if note.line else range(len(self.page))
        at = [place for place in inside if " = " in self.page[place] and note.text.startswith(self.page[place])]
        return at[0] + 1 if len(at) == 1 else boxes[0].page_line if boxes else 0

    def _in_box(self, note: Note) -> int:
        box = next((box for box in reversed(self.boxes) if box.line <= note.line), None)
        said = self._said(note)
        at = [place for place in self._inside(box) if said in self.page[place]] if box and said else []
        if at:
            return at[0] + 1
        return box.page_line if box and box.line == note.line else self._as_text(note)

    def _as_text(self, note: Note) -> int:
        said = self._said(note)
        at = [place for place, line in enumerate(self.page, start=1) if said and line.strip() == said]
        return at[0] if len(at) == 1 else 0

    def _said(self, note: Note) -> str:
        return self.runbook[note.line - 1].strip() if 0 < note.line <= len(self.runbook) else ""

    def _inside(self, box: Box) -> range:
        """The places of a box's lines between its fences."""
        first = box.page_line
        end = next((at for at in range(first, len(self.page)) if self.page[at].startswith(_FENCE)), len(self.page))
        return range(first, end)
