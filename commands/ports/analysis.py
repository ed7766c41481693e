"""What programs that read code say of it: secrets, SQL that PostgreSQL cannot parse, SQL that is risky on a busy database."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, kw_only=True)
class Finding:
    """Something in a file that people should know: its line, counted from 1, the statement, and why, in words."""

    line: int
    why: str
    statement: str = ""


class Analysis(Protocol):
    """Static analysis of code."""

    def secrets(self, lines: Iterable[tuple[int, str]]) -> list[Finding]:
        """What looks like a secret in numbered lines, by its kind; a secret itself is never repeated."""

    def syntax_error(self, sql: str) -> Finding | None:
        """What PostgreSQL's own parser says of a file that it cannot parse, or None."""

    def lint(self, sql: str) -> list[Finding]:
        """Long locks, statements that break clients, and the like, in the order of the file. Raises Failed."""
