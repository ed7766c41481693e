"""Pages with criteria, and how their lines stand; shared by the tests of the criteria."""

from __future__ import annotations

from commands.runbook import Page
from commands.watch.criteria import CriterionStatus, criteria_status
from state.facts import Fact
from state.records import Attempt, Record
from tests.pages import record, stored

FAST = '{ text = "Fast", shown_by = ["response-time"] }'
SLOW = '{ text = "API slow", shown_by = ["response-time"] }'
OVER_2_S = '{ text = "API slow (> 2s)", shown_by = ["API response > 5 s"], above = 2.0 }'
SMOKE = '{ text = "Smoke tests failed", shown_by = ["health"] }'


def page_with(go: str, no_go: str = "", **changes: str) -> Page:
    """The small page with these GO and NO-GO lines."""
    lines = f"```toml criteria\ngo = [{go}]\nno_go = [{no_go}]\n```\n"
    return stored(**{"## Decision": f"## Success criteria\n\n{lines}\n## Decision", **changes})


PAGE = page_with(FAST, f"{SLOW}, {SMOKE}")


def go_line(page: Page, of: Record) -> CriterionStatus:
    """The page's first GO line."""
    return next(line for line in criteria_status(page, of) if not line.sign)


def mark_and_evidence(
    page: Page, *attempts: Attempt, facts: tuple[Fact, ...] = (), speed: float = 1.0
) -> tuple[str, str]:
    """How the first GO line stands, and why."""
    line = go_line(page, record(*attempts, facts=facts, speed=speed))
    return line.mark, line.evidence


def signs(page: Page, *attempts: Attempt) -> list[str]:
    """The NO-GO signs that are present."""
    return [line.text for line in criteria_status(page, record(*attempts)) if line.sign]
