"""Static analysis of code behind one port: detect-secrets, PostgreSQL's own parser, and squawk."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from commands.ports.analysis import Finding


class CodeAnalysis:
    """`commands.ports.analysis.Analysis` with the programs of this folder.

    Each is imported at its first use: their patterns take time to compile, and a bot that starts again needs none.
    """

    def secrets(self, file: str, lines: Iterable[tuple[int, str]]) -> list[Finding]:
        """See `commands.ports.analysis.Analysis.secrets`."""
        from bot.tools.analysis.secret_scanner import secrets

        return secrets(file, lines)

    def syntax_error(self, sql: str) -> Finding | None:
        """See `commands.ports.analysis.Analysis.syntax_error`."""
        from bot.tools.analysis.sql_parser import syntax_error

        return syntax_error(sql)

    def several_statements(self, statements: Sequence[str]) -> list[int]:
        """See `commands.ports.analysis.Analysis.several_statements`."""
        from bot.tools.analysis.sql_parser import several_statements

        return several_statements(statements)

    def lint(self, sql: str) -> list[Finding]:
        """See `commands.ports.analysis.Analysis.lint`."""
        from bot.tools.analysis.linter import lint

        return lint(sql)
