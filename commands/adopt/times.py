"""How long a step takes, where its heading or the text under it says so."""

from __future__ import annotations

import re
from collections.abc import Iterable

from commands.adopt.draft import Notes, Section

_TIME = r"(?:\d{1,3}\s*(?:-|–|to)\s*)?(\d{1,3})\s*(seconds?|secs?|s|minutes?|mins?|m|hours?|hrs?|h)\b"
_IN_HEADING = re.compile(rf"\(\s*(?:~|≈|about|approx\.?|ca\.?)?\s*{_TIME}", re.IGNORECASE)
_IN_TEXT = re.compile(
    r"(?:\(\s*(?:about|approx\.?|ca\.?)\s+|~\s*|≈\s*"
    rf"|\b(?:takes|lasts|duration:?|expected time:?)\s+(?:about|around|approx\.?|ca\.?|~)?\s*){_TIME}",
    re.IGNORECASE,
)
_UNITS = {"s": "s", "m": "min", "h": "h"}
_PEOPLE = frozenset({"gate", "notify"})


def take_time(section: Section, text: Iterable[str], notes: Notes) -> None:
    """Give the first step of a section the time that its heading, or one line of its text, names for it."""
    found = _IN_HEADING.search(section.title)
    said = [found] if found else [one for line in text if (one := _IN_TEXT.search(line))]
    boxes = [box for box in section.boxes if box.line and box.kind not in _PEOPLE]
    if len(said) != 1 or not boxes or int(said[0][1]) == 0:
        return
    time = f"{int(said[0][1])} {_UNITS[said[0][2][0].lower()]}"
    boxes[0].fields["takes"] = time
    where = f" “{section.title}”" if found else ""
    several = f"; it is the time of its {len(boxes)} steps together, and stands in the first" if len(boxes) > 1 else ""
    notes.assume(boxes[0].line, f'takes = "{time}", as {"the heading" if found else "the text"}{where} says{several}')
