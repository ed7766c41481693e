"""Checks that every query on a page only reads, and that its values can be parameters."""

from __future__ import annotations

from collections.abc import Callable

from commands.runbook.mistakes import Mistakes
from commands.runbook.page import Page


def check_queries(page: Page, query_error: Callable[[str], str]) -> None:
    """Raise BadPage with every query that is more than a question.

    `query_error` says why a query of the page is not sent, as a clause, or returns an empty text.
    """
    mistakes = Mistakes()
    for step in page.steps:
        for sql in step.box.queries():
            if why := query_error(sql):
                mistakes.add(step.line, step.title, f"sql: {why}; change the query: {_begin(sql)}")
    if page.rollback.loses and (why := query_error(page.rollback.loses.sql)):
        mistakes.add(1, "Rollback", f"loses: {why}; change the query: {_begin(page.rollback.loses.sql)}")
    mistakes.raise_all()


def _begin(sql: str) -> str:
    words = " ".join(sql.split())
    return words if len(words) <= 80 else f"{words[:80]}…"
