"""Static analysis of code: secrets, SQL that does not parse, SQL that is risky in production."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

from state.frozen import dataclass

# begins a finding in a file whose values are usually made up
MADE_UP = "in a test, an example, a template or a translation, so probably made up"
NOT_SEARCHED = "not searched for secrets"  # begins a finding about what is too long to be searched
MASKED = "has a value that the bot masks: a key, or a variable of the page"


@dataclass(frozen=True, kw_only=True)
class Finding:
    """A problem in a file: its line, counted from 1, the statement it is in, and the reason in words."""

    line: int
    why: str
    statement: str = ""


class Analysis(Protocol):
    """Static analysis of code."""

    def secrets(self, file: str, lines: Iterable[tuple[int, str]]) -> list[Finding]:
        """Find secrets in numbered lines of a file. A finding names the kind of secret and never repeats the secret.

        A finding begins with MADE_UP if the file, by its path, holds made-up values. What is too long to be searched is
        a finding too, which begins with NOT_SEARCHED; so is a line in which something was masked before (MASKED).
        """

    def syntax_error(self, sql: str) -> Finding | None:
        """Parse a file with PostgreSQL's own parser. Return its error, or None if the file parses."""

    def several_statements(self, statements: Sequence[str]) -> list[int]:
        """The numbers, from 0, of those texts in which PostgreSQL's own parser reads more than one statement."""

    def lint(self, sql: str) -> list[Finding]:
        """Find long locks, statements that break clients and the like, in the order of the file. Raises Failed."""
