"""`query`: runs one read-only query, and compares the first cell with limits."""

from __future__ import annotations

import math
import re
import time
from decimal import Decimal
from typing import Any, ClassVar, Self

from pydantic import Field, model_validator

from commands.ports.page_text import PageText
from commands.steps.base import StepBox
from commands.steps.outcome import Context, Outcome, done, failed
from commands.steps.page_fields import SqlText
from commands.steps.shared.judged_rows import judged_cells, worst_cell
from commands.steps.shared_fields import AtLeast, AtMost, DatabaseName, check_limits
from commands.text.durations import format_seconds
from commands.text.numbers import format_number
from state.errors import ToolError, Unreachable


class QueryStep(StepBox):
    """Runs one read-only query, and compares the first cell with limits.

    With `SELECT avg(…) AS failed_share, count(*) AS requests` and `measure = "failed_share"` an alert can say how many
    requests are `enough`. If the database cannot be reached, nothing is measured. NaN and infinity are no data.
    """

    kind: ClassVar[str] = "query"
    proves: ClassVar[str] = "the number in the database is what it should be"
    takes_any_text: ClassVar[bool] = True
    measured: ClassVar[frozenset[str]] = frozenset({"failed", "seconds"})

    database: DatabaseName
    sql: SqlText = Field(
        description=(
            "One read-only query. Its first cell is judged, in all rows unless it has an `ORDER BY`; the further "
            "columns of the first row are measured under their names."
        ),
        examples=["SELECT count(*) FROM jobs WHERE state = 'stuck'"],
    )
    expect: int | str | None = Field(
        default=None,
        description="The value that the first cell must have. Without it, any.",
        examples=[0],
        json_schema_extra={"unit": "in the query's unit"},
    )
    measure: str = Field(
        default="value",
        description="The name of the first cell as a measure, for the alert table.",
        examples=["failed_share"],
    )
    at_least: AtLeast = None
    at_most: AtMost = None

    @model_validator(mode="after")
    def _can_be_met(self) -> Self:
        check_limits(self.at_least, self.at_most)
        return self

    def plan(self) -> list[str]:
        wants = [
            f"{words} {_show(limit)}"
            for words, limit in (("expects", self.expect), ("at least", self.at_least), ("at most", self.at_most))
            if limit is not None
        ]
        return [f"on {self.database}: {self.sql}" + (f" ({', '.join(wants)})" if wants else "")]

    def queries(self) -> tuple[str, ...]:
        return (self.sql,)

    def measures_of(self) -> frozenset[str]:
        return self.measured | {self.measure}

    def may_measure(self, name: str) -> bool:
        """Further columns have the names that the query gives them; behind a star nobody sees them."""
        named = re.search(rf"\b{re.escape(name)}\b|(?<!\()\*", self.sql) is not None
        return super().may_measure(name) or named

    def run(self, ctx: Context) -> Outcome:
        began = time.monotonic()
        try:
            result = ctx.tools.database.query(self.database, PageText(self.sql, ctx.values))
        except Unreachable:
            raise
        except ToolError as error:
            return failed(str(error), measures={"failed": 1.0, "seconds": time.monotonic() - began})
        seconds = time.monotonic() - began
        columns = result.columns[1:]
        if clash := self._name_clash(columns):
            return failed(f"{clash}. Rename it with AS.", inconclusive=True)
        judged = judged_cells(result.rows, self.sql)
        value, where = worst_cell(judged, lambda cell: _is_comparable(cell) and not self._wrong(cell))
        cells = next((row[1:] for row in result.rows if row[0] is value), ())  # of the row that is judged
        return self._judge(value, where, dict(zip(columns, cells, strict=False)), seconds)

    def _judge(self, value: Any, where: str, others: dict[str, Any], seconds: float) -> Outcome:
        wrong = self._wrong(value) + where if _is_comparable(value) and self._wrong(value) else ""
        cells = {**others, self.measure: value}
        numbers = {name: float(cell) for name, cell in cells.items() if _is_number(cell) and _is_comparable(cell)}
        measures = {**numbers, "failed": float(bool(wrong)), "seconds": seconds}
        summary = f"{self.measure} is {_show(value)}"
        more = "".join(f", {name} is {_show(cell)}" for name, cell in others.items())
        if not _is_comparable(value):
            return failed(f"{summary}, which cannot be compared{more}.", measures=measures, inconclusive=True)
        if wrong:
            return failed(f"{summary}, {wrong}{more}.", measures=measures)
        is_limited = any(limit is not None for limit in (self.expect, self.at_least, self.at_most))
        compared = (summary,) if is_limited else ()
        return done(f"{summary}{more} ({format_seconds(seconds)}).", measures=measures, compared=compared)

    def _name_clash(self, columns: tuple[str, ...]) -> str:
        """Which further column has the name of another measure; empty if none has."""
        for number, name in enumerate(columns):
            if name in {"failed", "seconds"}:
                return f"The column “{name}” has the name of a measure that every query has"
            if name in {self.measure, *columns[:number]}:
                return f"Two columns have the name “{name}”"
        return ""

    def _wrong(self, value: Any) -> str:
        if self.expect is not None and str(value) != str(self.expect):
            return f"expected {self.expect}"
        if (self.at_least is not None or self.at_most is not None) and not _is_number(value):
            return "which is not a number"
        if self.at_least is not None and value < self.at_least:
            return f"expected at least {format_number(self.at_least)}"
        if self.at_most is not None and value > self.at_most:
            return f"expected at most {format_number(self.at_most)}"
        return ""


def _is_number(cell: Any) -> bool:
    return isinstance(cell, int | float | Decimal)


def _is_comparable(cell: Any) -> bool:
    """Whether a cell is neither NaN nor infinite, nor a number so large that it becomes infinite."""
    return not isinstance(cell, float | Decimal) or math.isfinite(cell)


def _show(cell: Any) -> str:
    return format_number(cell) if isinstance(cell, float | Decimal) and _is_comparable(cell) else str(cell)
