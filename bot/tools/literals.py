"""Finds many fixed texts at once in a long text."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable

from commands.text.terminal_codes import UNSEEN

_LINE_BREAK = re.compile(r"\r?\n[ \t]*+")
_MIN_WRAPPED = 16  # characters; a shorter text that is broken over several lines is not looked for


class Literals:
    r"""Fixed texts, of which the longest is found wherever several begin.

    With `not_beside`, a class of characters such as r"\w", not where one of these stands right before or behind.
    """

    def __init__(self, texts: Iterable[str], *, not_beside: str = "") -> None:
        self._texts = frozenset(texts)
        self._pattern = _compiled(self._texts)
        if self._pattern and not_beside:
            self._pattern = re.compile(rf"(?<!{not_beside})(?:{self._pattern.pattern})(?!{not_beside})")
        self._long = _compiled({text for text in self._texts if len(text) >= _MIN_WRAPPED})

    def replace(self, text: str, by: str) -> str:
        """The text with `by` in place of each of the texts, also of one that lines or unseen codes break."""
        if self._pattern is None:
            return text
        text = self._pattern.sub(by, text)
        if UNSEEN.search(text):  # people are shown the text without it, so with the parts beside each other
            text = _replace_across(UNSEEN, self._pattern, text, by)
        return _replace_across(_LINE_BREAK, self._long, text, by) if self._long and "\n" in text else text

    def rest_at_start(self, text: str, least: int) -> int:
        """How many characters at the start are the end of one of the texts, which was cut; 0 if fewer than `least`."""
        return max((_overlap(whole[1:], text, least) for whole in self._texts), default=0)

    def rest_at_end(self, text: str, least: int) -> int:
        """How many characters at the end are the beginning of one of the texts; 0 if fewer than `least`."""
        return max((_overlap(text, whole[:-1], least) for whole in self._texts), default=0)


def _replace_across(breaks: re.Pattern[str], pattern: re.Pattern[str], text: str, by: str) -> str:
    """Replace what the pattern finds in the text without its breaks, by the offsets of its lines in both."""
    lines, starts, flat_starts = [], [], []
    at = length = 0
    for line_end in [*(found.span() for found in breaks.finditer(text)), (len(text), len(text))]:
        lines.append(text[at : line_end[0]])
        starts.append(at)
        flat_starts.append(length)
        length += line_end[0] - at
        at = line_end[1]

    def offset(flat: int) -> int:
        line = bisect_right(flat_starts, flat) - 1
        return starts[line] + flat - flat_starts[line]

    pieces, kept = [], 0
    for found in pattern.finditer("".join(lines)):
        pieces += [text[kept : offset(found.start())], by]
        kept = offset(found.end() - 1) + 1
    return "".join([*pieces, text[kept:]])


def _overlap(left: str, right: str, least: int) -> int:
    """The length of the longest end of `left` that is a beginning of `right`; 0 if it is shorter than `least`."""
    most = min(len(left), len(right))
    tail = left[len(left) - most :]
    at = tail.find(right[:least])
    while at >= 0 and len(tail) - at >= least:
        if right.startswith(tail[at:]):
            return len(tail) - at
        at = tail.find(right[:least], at + 1)
    return 0


def _compiled(texts: Iterable[str]) -> re.Pattern[str] | None:
    """A pattern for any of the texts: a tree, so that its time does not grow with their number."""
    ordered = sorted(texts)
    return re.compile(_tree(ordered, 0)) if ordered else None


def _tree(texts: list[str], depth: int) -> str:
    """The pattern for sorted texts whose first `depth` characters are equal; longer texts come first."""
    groups: dict[str, list[str]] = {}
    ends_here = False
    for text in texts:
        if len(text) == depth:
            ends_here = True
        else:
            groups.setdefault(text[depth], []).append(text)
    branches = []
    for group in groups.values():
        common = _common_length(group[0], group[-1])
        branches.append(re.escape(group[0][depth:common]) + _tree(group, common))
    if not branches:
        return ""
    joined = branches[0] if len(branches) == 1 and not ends_here else f"(?:{'|'.join(branches)})"
    return f"{joined}?" if ends_here else joined


def _common_length(first: str, last: str) -> int:
    """How many characters two texts have in common at their beginning; in sorted texts, all between have them too."""
    length = 0
    for one, other in zip(first, last, strict=False):
        if one != other:
            break
        length += 1
    return length
