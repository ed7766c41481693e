"""PostgreSQL's own parser (libpg_query): its error for an SQL text that it cannot parse."""

from __future__ import annotations

from collections.abc import Sequence

from bot.tools.analysis.query_check import MAX_LENGTH
from commands.ports.analysis import Finding
from commands.systems.postgres.sql_file import invalid_character, read_sql
from commands.systems.postgres.sql_tokens import line_of, long_operator, without_comments

_LONGEST = 300  # characters of the parser's message, which may quote the rest of the file


def syntax_error(sql: str) -> Finding | None:
    """Parse a text. Return the parser's error with its line, or None if the text parses."""
    import pgparse

    if invalid := invalid_character(sql):
        return invalid
    if (offset := long_operator(sql)) >= 0:
        return Finding(line=line_of(sql, offset), why="an operator with more than 63 characters")
    try:
        # `pgparse.parse` would also build a JSON tree. That fails for deep statements, though they are valid SQL: with
        # RecursionError, or with a crash of the process. A fingerprint uses the same parser and builds no tree.
        # Without the comments, because its time grows with the square of the comments inside each other.
        pgparse.fingerprint(without_comments(read_sql(sql).text))
    except pgparse.PGQueryError as error:
        # positions count characters from 1; 0 means unknown
        return Finding(line=line_of(sql, max(error.position - 1, 0)), why=" ".join(error.message.split())[:_LONGEST])
    return None


def several_statements(statements: Sequence[str]) -> list[int]:
    """The numbers, from 0, of those texts that the parser reads as more than one statement.

    A text without a semicolon inside is one statement. What is too long for a tree, or unknown to this parser, is left
    to the server: each text is sent as one statement, so it refuses a second one.
    """
    return [number for number, text in enumerate(statements) if ";" in text.rstrip()[:-1] and _count(text) > 1]


def _count(text: str) -> int:
    import pgparse

    if len(text) > MAX_LENGTH:
        return 1
    try:
        return len(pgparse.parse(text.replace("\0", "\ufffd").encode(errors="replace").decode()))
    except (pgparse.PGQueryError, RecursionError):
        return 1
