"""`query`: one read-only query, whose first cell is measured and held to a value or limits, and whose further columns are measured."""

from __future__ import annotations

import math
import time
from decimal import Decimal
from typing import Any, ClassVar

from commands.steps.base import StepBox
from commands.steps.outcome import Context, Outcome, done, failed
from commands.text.durations import format_seconds
from state.errors import ToolError, Unreachable


class QueryStep(StepBox):
    """Measures `failed` (0 or 1), `seconds`, and the first cell under the name `measure` where it is a number.

    Further columns of the first row are measured under their own names, so that a row of the alert table can say how
    much is `enough`: `SELECT avg(...) AS failed_share, count(*) AS requests` with `measure = "failed_share"`.
    A database that cannot be reached from here measures nothing: that says nothing about the query. NaN and infinity are
    no measures: a first cell that is one tells nothing, whatever the limits.
    """

    kind: ClassVar[str] = "query"

    database: str
    sql: str
    expect: int | str | None = None
    measure: str = "value"
    at_least: float | None = None
    at_most: float | None = None

    def plan(self) -> list[str]:
        wants = [
            f"{word} {limit}"
            for word, limit in (("expects", self.expect), ("at least", self.at_least), ("at most", self.at_most))
            if limit is not None
        ]
        return [f"on {self.database}: {self.sql}" + (f" ({', '.join(wants)})" if wants else "")]

    def run(self, ctx: Context) -> Outcome:
        began = time.monotonic()
        try:
            told = ctx.tools.database.query(self.database, self.sql)
        except Unreachable:
            raise
        except ToolError as error:
            return failed(str(error), measures={"failed": 1.0, "seconds": time.monotonic() - began})
        seconds = time.monotonic() - began
        names, cells = told.columns[1:], told.rows[0] if told.rows else (None,)
        if clash := self._clash(names):
            return failed(f"{clash}; name it otherwise, with AS.", inconclusive=True)
        found, beside = cells[0], dict(zip(names, cells[1:], strict=False))
        wrong = self._wrong(found) if _tells(found) else ""
        cells_by_name = {**beside, self.measure: found}
        numbers = {name: float(cell) for name, cell in cells_by_name.items() if _is_number(cell) and _tells(cell)}
        measures = {**numbers, "failed": float(bool(wrong)), "seconds": seconds}
        summary = f"{self.measure} is {found}"
        more = "".join(f", {name} is {cell}" for name, cell in beside.items())
        if not _tells(found):
            return failed(f"{summary}, which is no number to judge by{more}.", measures=measures, inconclusive=True)
        if wrong:
            return failed(f"{summary}, {wrong}{more}.", measures=measures)
        return done(f"{summary}{more} ({format_seconds(seconds)}).", measures=measures)

    def _clash(self, names: tuple[str, ...]) -> str:
        """Which further column would be taken for something else that is measured."""
        for number, name in enumerate(names):
            if name in {"failed", "seconds"}:
                return f"The column “{name}” has the name of what every query measures"
            if name in {self.measure, *names[:number]}:
                return f"Two columns have the name “{name}”"
        return ""

    def _wrong(self, found: Any) -> str:
        if self.expect is not None and str(found) != str(self.expect):
            return f"expected {self.expect}"
        if (self.at_least is not None or self.at_most is not None) and not _is_number(found):
            return "which is not a number"
        if self.at_least is not None and found < self.at_least:
            return f"expected at least {self.at_least:g}"
        if self.at_most is not None and found > self.at_most:
            return f"expected at most {self.at_most:g}"
        return ""


def _is_number(cell: Any) -> bool:
    return isinstance(cell, int | float | Decimal)


def _tells(cell: Any) -> bool:
    """Whether a cell is anything but NaN, an infinity, or a number so large that it becomes one."""
    return not isinstance(cell, float | Decimal) or math.isfinite(cell)
