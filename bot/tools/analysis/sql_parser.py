"""PostgreSQL's own parser, as libpg_query has it: what it cannot parse, and how many statements it finds."""

from __future__ import annotations

from commands.ports.analysis import Finding


def syntax_error(sql: str) -> Finding | None:
    """What the parser says of a text that it cannot parse, with the line, or None."""
    import pgparse

    try:
        pgparse.parse(sql)
    except pgparse.PGQueryError as error:
        line = sql.count("\n", 0, max(error.position - 1, 0)) + 1  # positions count characters from 1
        return Finding(line=line, why=error.message)
    return None


def statement_count(sql: str) -> int:
    """How many statements the parser finds; 0 where it cannot parse the text: the server knows more, or says better why."""
    import pgparse

    try:
        return len(pgparse.parse(sql))
    except pgparse.PGQueryError:
        return 0
