"""PostgreSQL's own parser (libpg_query): its error for an SQL text that it cannot parse."""

from __future__ import annotations

from commands.ports.analysis import Finding
from commands.systems.postgres.sql_file import invalid_character, line_of


def syntax_error(sql: str) -> Finding | None:
    """Parse a text. Return the parser's error with its line, or None if the text parses."""
    import pgparse

    if invalid := invalid_character(sql):
        return invalid
    try:
        # `pgparse.parse` would also build a JSON tree. That fails for deep statements, though they are valid SQL: with
        # RecursionError, or with a crash of the process. A fingerprint uses the same parser and builds no tree.
        pgparse.fingerprint(sql)
    except pgparse.PGQueryError as error:
        # positions count characters from 1; 0 means unknown
        return Finding(line=line_of(sql, max(error.position - 1, 0)), why=error.message)
    return None
