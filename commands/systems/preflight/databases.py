"""Preflight checks in databases: one query about the database itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import field

from commands.ports.preflight import PreflightContext, PreflightResult
from state.frozen import dataclass

LIMIT = 10.0  # seconds for the query


@dataclass(frozen=True, kw_only=True)
class DatabaseCheck:
    """A query about the database itself; `judge` gets its first row, or () if there is none."""

    database: str
    sql: str
    judge: Callable[[tuple[object, ...]], list[PreflightResult]] = field(compare=False)
    late: bool = False

    @property
    def place(self) -> tuple[str, str]:
        """The database."""
        return ("databases", self.database)

    def run_preflight(self, ctx: PreflightContext) -> list[PreflightResult]:
        """Run the query and judge its first row."""
        rows = ctx.tools.database.query(self.database, self.sql, limit=LIMIT).rows
        return self.judge(rows[0] if rows else ())
