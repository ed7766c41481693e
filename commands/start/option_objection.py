"""That somebody starts the riskier of two options against the evidence, as an objection."""

from __future__ import annotations

from commands.runbook.page import Page
from commands.start.advice_text import missing_reasons
from commands.start.objections import Objection, ObjectionSort
from commands.start.recommendation import Advice


def option_objections(advice: Advice, page: Page) -> tuple[Objection, ...]:
    """What speaks against starting this page; empty where the evidence recommends it, or nothing."""
    found = advice.recommended
    if found is None or not found.speaks_against(page.name):
        return ()
    summary = f"The evidence recommends “{found.name}”. Missing evidence for “{found.other}”:\n{missing_reasons(found)}"
    return (Objection(sort=ObjectionSort.OPTION, summary=summary),)
