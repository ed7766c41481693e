"""Which rows of a query's answer are judged: all, or the first where the query orders them."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

_ORDERED = re.compile(r"\border\s+by\b", re.IGNORECASE)


def judged_cells(rows: Sequence[Sequence[Any]], sql: str) -> tuple[Any, ...]:
    """The first cell of each judged row, or None alone. Without ORDER BY any row may be the first, so all count."""
    if not rows:
        return (None,)
    return (rows[0][0],) if _ORDERED.search(sql) else tuple(row[0] for row in rows)


def worst_cell(cells: Sequence[Any], is_right: Callable[[Any], bool]) -> tuple[Any, str]:
    """The first cell that is not right, or else the first; and in how many rows it is wrong, as words to append."""
    wrong = [cell for cell in cells if not is_right(cell)]
    if not wrong or len(cells) == 1:
        return (wrong or cells)[0], ""
    return wrong[0], f" ({len(wrong):,} of {len(cells):,} rows)"
