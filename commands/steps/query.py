"""`query`: one read-only query, whose first cell is measured and held to a value or limits."""

from __future__ import annotations

import time
from decimal import Decimal
from typing import Any, ClassVar

from commands.durations import took
from commands.outcome import Context, Outcome, done, failed
from commands.steps.base import StepBox
from state.errors import ToolError, Unreachable


class Query(StepBox):
    """Measures `failed` (0 or 1), `seconds`, and the first cell under the name `measure` where it is a number.

    A database that cannot be reached from here measures nothing: that says nothing about the query.
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
            rows = ctx.tools.sql.query(self.database, self.sql).rows
        except Unreachable:
            raise
        except ToolError as error:
            return failed(str(error), measures={"failed": 1.0, "seconds": time.monotonic() - began})
        seconds = time.monotonic() - began
        found = rows[0][0] if rows else None
        wrong = self._wrong(found)
        measures = {"failed": float(bool(wrong)), "seconds": seconds}
        if isinstance(found, int | float | Decimal):
            measures[self.measure] = float(found)
        says = f"{self.measure} is {found}"
        if wrong:
            return failed(f"{says}, {wrong}.", measures=measures)
        return done(f"{says} ({took(seconds)}).", measures=measures)

    def _wrong(self, found: Any) -> str:
        if self.expect is not None and str(found) != str(self.expect):
            return f"expected {self.expect}"
        if (self.at_least is not None or self.at_most is not None) and not isinstance(found, int | float | Decimal):
            return "which is not a number"
        if self.at_least is not None and found < self.at_least:
            return f"expected at least {self.at_least:g}"
        if self.at_most is not None and found > self.at_most:
            return f"expected at most {self.at_most:g}"
        return ""
