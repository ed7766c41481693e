"""Code that a runbook gives for one of several cases: which of them holds its author knows."""

from __future__ import annotations

import re

from commands.adopt.document import Chapter, Sort
from commands.adopt.draft import Notes, Unit
from commands.runbook.page import Part

_OTHER_WAY = re.compile(r"\W*(?:or|alternatively)\b.{0,60}$", re.IGNORECASE)
_IF_USED = re.compile(
    r"\W*(?:if|when) (?:you(?:'re| are)? )?(?:use|using|on|running|deploy(?:ing)? (?:via|with|by|on|to))\b.{0,60}$",
    re.IGNORECASE,
)
_FOR = re.compile(r"\W*for (?!production|prod\b|live\b)[\w .+/-]{2,30}:\W*$", re.IGNORECASE)
_NOT_ALWAYS = re.compile(
    r"\((?:optional|if (?:needed|necessary|required|any|applicable|it is[^)]*))[^)]*\)", re.IGNORECASE
)
_BACK = re.compile(r"\b(?:roll(?:ing)? ?-?back|revert|restore)", re.IGNORECASE)
_CHECKS = re.compile(r"verif|check|test|notif|communicat|announc|post-|after|when\b", re.IGNORECASE)


def note_choices(unit: Unit, notes: Notes) -> None:
    """Say of steps that a run may not need, and of several ways to roll back, that all of them are done."""
    boxes = {section.line: next(section.boxes, None) for section in unit.sections}
    for section in unit.sections:
        box = boxes[section.line]
        if box and _NOT_ALWAYS.search(section.title):
            notes.assume(box.line, f"“{section.title}” is done in every run; remove it where it is not needed")
    ways = [
        (section.title, box)
        for section in unit.sections[1:]
        if (box := boxes[section.line]) and _BACK.search(section.title) and not _CHECKS.search(section.title)
    ]
    if unit.part == Part.ROLLBACK and len(ways) > 1:
        titles = ", ".join(f"“{title}”" for title, _ in ways)
        why = "are all done, one after another; remove what is another way to do the same"
        notes.assume(ways[1][1].line, f"{titles} {why}")


def for_one_case(lead: str, chapter: Chapter) -> str:
    """Why code under this line is for one case only; empty if it is not. “For X:” is one case of those beside it."""
    shown = lead.strip(" *_:#>\t")
    if _OTHER_WAY.match(lead):
        return f"“{shown}” is another way than the one above; if it is yours, put it into the box above"
    if _IF_USED.match(lead) or (_FOR.match(lead) and sum(map(_is_for, _leads(chapter))) > 1):
        return f"the runbook does not say whether “{shown}” holds; if it does, write a box of it"
    return ""


def _is_for(lead: str) -> bool:
    return bool(_FOR.match(lead))


def _leads(chapter: Chapter) -> list[str]:
    """The lines right above the code of a chapter."""
    pairs = zip(chapter.blocks, chapter.blocks[1:], strict=False)
    above = [one for one, code in pairs if code.sort is Sort.CODE and one.sort is Sort.TEXT]
    return [next((line for line in reversed(block.lines) if line.strip()), "") for block in above]
