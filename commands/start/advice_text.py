"""The advice between two options in plain lines, for the terminal and for replies."""

from __future__ import annotations

from collections.abc import Iterator

from commands.start.reasons import Holds, Judged
from commands.start.recommendation import Advice, Recommendation

MARKS = {Holds.YES: "✅", Holds.NO: "❌", Holds.UNKNOWN: "❔", Holds.PEOPLE: "👤"}
_MOST = 8  # reasons of one option


def advice_lines(advice: Advice) -> Iterator[str]:
    """What is recommended and why, then each option with its reasons."""
    if advice.recommended:
        yield f"Recommended: {advice.recommended.name}"
        yield f"  {why_recommended(advice.recommended)}"
    for option in advice.options:
        yield f"{option.name} ({option.page}), choose it if:"
        yield from (f"  {reason_line(reason)}" for reason in option.reasons[:_MOST])


def reason_line(reason: Judged) -> str:
    """A reason with its mark, and why it holds or not."""
    why = reason.why or str(reason.holds)
    return f"{MARKS[reason.holds]} {reason.says}: {why}"


def why_recommended(found: Recommendation) -> str:
    """Why a page is recommended; of the safer one, how much speaks for the other."""
    if found.page == found.riskier:
        return found.why
    missing = _missing_in_words(len(found.missing), found.asked, found.other)
    return missing if found.sure else f"{missing}. Looked up again for the commit that you start"


def _missing_in_words(missing: int, asked: int, option: str) -> str:
    if asked < 2 or not missing:
        return f"no evidence speaks for {option}"
    if missing == asked:
        return f"the evidence shows none of the {asked} reasons for {option}"
    return f"the evidence does not show {missing} of the {asked} reasons for {option}"


def missing_reasons(found: Recommendation) -> str:
    """What is not shown for the riskier option, with why: one line each."""
    return "\n".join(f"– {one.says}: {one.why}." for one in found.missing[:_MOST])
