"""Asks a page's verify queries, whose first cell must be right."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from commands.ports.page_text import PageText
from commands.steps.base import Verify
from commands.steps.outcome import Context

_PASSED = " ✓"  # at the end of a query's line


def ask_queries(ctx: Context, database: str, queries: Sequence[Verify]) -> tuple[int, tuple[str, ...]]:
    """How many queries return what they should, and one line for each query. Raises the tools' errors."""
    texts = [PageText(query.sql, ctx.values) for query in queries]
    values = [_first_cell(ctx.tools.database.query(database, text).rows) for text in texts]
    holds = [_is_expected(value, query.expect) for value, query in zip(values, queries, strict=True)]
    lines = tuple(
        f"{query.says}: {value}" + (_PASSED if passes else f" instead of {query.expect}")
        for value, query, passes in zip(values, queries, holds, strict=True)
    )
    return sum(holds), lines


def first_failed(lines: tuple[str, ...]) -> str:
    """The line of the first query that returned something else."""
    return next(line for line in lines if not line.endswith(_PASSED))


def as_compared(lines: tuple[str, ...]) -> tuple[str, ...]:
    """The lines of queries that passed, as what was compared."""
    return tuple(line.removesuffix(_PASSED) for line in lines)


def _first_cell(rows: tuple[tuple[Any, ...], ...]) -> Any:
    return rows[0][0] if rows else None


def _is_expected(value: Any, expected: int | str) -> bool:
    return bool(value == expected) or str(value) == str(expected)
