"""Code that a runbook gives for one of several cases: which of them holds its author knows."""

from __future__ import annotations

import re

from commands.adopt.document import Chapter, Sort

_OTHER_WAY = re.compile(r"\W*(?:or|alternatively)\b.{0,60}$", re.IGNORECASE)
_IF_USED = re.compile(
    r"\W*(?:if|when) (?:you(?:'re| are)? )?(?:use|using|on|running|deploy(?:ing)? (?:via|with|by|on|to))\b.{0,60}$",
    re.IGNORECASE,
)
_FOR = re.compile(r"\W*for (?!production|prod\b|live\b)[\w .+/-]{2,30}:\W*$", re.IGNORECASE)


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
