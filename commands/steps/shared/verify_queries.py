"""Asks a page's verify queries, whose first cell must be right in each row."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from commands.ports.page_text import PageText
from commands.steps.base import Verify
from commands.steps.outcome import Context
from commands.steps.shared.judged_rows import judged_cells, worst_cell

_PASSED = " ✓"  # at the end of a query's line


def ask_queries(ctx: Context, database: str, queries: Sequence[Verify]) -> tuple[int, tuple[str, ...]]:
    """How many queries return what they should, and one line for each query. Raises the tools' errors."""
    texts = [PageText(query.sql, ctx.values) for query in queries]
    cells = [judged_cells(ctx.tools.database.query(database, text).rows, text.text) for text in texts]
    values = [
        worst_cell(found, partial(_is_expected, query.expect)) for found, query in zip(cells, queries, strict=True)
    ]
    holds = [_is_expected(query.expect, value) for (value, _), query in zip(values, queries, strict=True)]
    lines = tuple(
        f"{query.says}: {value}" + (_PASSED if passes else f" instead of {query.expect}{where}")
        for (value, where), query, passes in zip(values, queries, holds, strict=True)
    )
    return sum(holds), lines


def first_failed(lines: tuple[str, ...]) -> str:
    """The line of the first query that returned something else."""
    return next(line for line in lines if not line.endswith(_PASSED))


def as_compared(lines: tuple[str, ...]) -> tuple[str, ...]:
    """The lines of queries that passed, as what was compared."""
    return tuple(line.removesuffix(_PASSED) for line in lines)


def _is_expected(expected: int | str, value: Any) -> bool:
    return bool(value == expected) or str(value) == str(expected)
