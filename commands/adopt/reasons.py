"""Reasons to roll back that stand in a list or a sentence of a runbook, each with its line."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from commands.adopt.alert_words import meanings_of
from commands.adopt.document import Block
from state.frozen import dataclass

_NOT_ALWAYS = r"(?! (?:needed|necessary|required))"
_BEGINS_LIST = re.compile(
    rf"\b(?:roll(?:ing)? ?-?back|abort|revert)\b.{{0,30}}\b(?:if|when)\b{_NOT_ALWAYS}[^.:]*:\W*$"
    r"|\b(?:when|whether) to (?:roll ?-?back|abort|revert)\b|\b(?:roll ?-?back|abort) (?:triggers?|criteria)",
    re.IGNORECASE,
)
_BACK = r"(?:roll(?:ing)? ?-?back|abort|revert|go back(?! to (?:the )?(?:step|\d|top)))"
_THEN = r"(?:[,;:]| ?(?:→|->|=>)| then)[\w ]{0,30}?"
_SENTENCE = re.compile(
    rf"(?:[^.!?]*[.!?] )?\W*(?:if|when)\b{_NOT_ALWAYS} (.{{3,120}}?){_THEN}\b{_BACK}\b[\w ]{{0,30}}\W*$"
    rf"|\W*{_BACK}\b[\w ]{{0,20}}? (?:if|when)\b{_NOT_ALWAYS} ([^:]{{3,120}}?)[.!\s]*$",
    re.IGNORECASE,
)
_ITEM = re.compile(r"\s*(?:[-*+]|\d+[.)])\s")
_END = 200  # characters of a line in which it is said


@dataclass(frozen=True, kw_only=True)
class Reason:
    """A reason to roll back, in the runbook's own words. `early`: it stands in what is done before the deploy."""

    line: int
    text: str
    early: bool = False

    def is_in(self, line: str) -> bool:
        """Whether a line of the runbook has it."""
        return self.text in _plain(line)


def reasons_in(block: Block, heading: str, *, early: bool) -> Iterator[Reason]:
    """The items of a list of reasons to roll back, and sentences that give one which may be measured."""
    in_list = bool(_BEGINS_LIST.search(heading[-_END:]))
    for number, line in enumerate(block.lines, start=block.line):
        item = _ITEM.match(line)
        if line.strip():
            in_list = bool(_BEGINS_LIST.search(line[-_END:])) or (in_list and (bool(item) or number == block.line))
        text = _plain(line[item.end() if item else 0 :])
        said = _SENTENCE.match(text) if len(text) <= _END else None
        reason = (said[1] or said[2]) if said else text
        if (in_list and item) or (said and (meanings_of(reason) or re.search(r"\d", reason))):
            yield Reason(line=number, text=reason, early=early)


def ticked_reasons(block: Block, above: Sequence[str], *, early: bool) -> list[Reason]:
    """The items of a checklist, if the heading or the line above it says that they are reasons to roll back."""
    if not any(_BEGINS_LIST.search(one[-_END:]) for one in above):
        return []
    return [Reason(line=line, text=_plain(text), early=early) for line, text in block.items]


def _plain(line: str) -> str:
    return " ".join(line.replace("**", "").replace("`", "").split())
