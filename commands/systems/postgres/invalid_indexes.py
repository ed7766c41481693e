"""Invalid indexes, left by a failed CREATE INDEX CONCURRENTLY, that IF NOT EXISTS skips."""

from __future__ import annotations

import re
from collections.abc import Iterable

from commands.ports.database import Database
from commands.ports.page_text import PageText
from commands.systems.postgres.catalog import Difference
from commands.systems.postgres.sql_file import statements

_CREATES = re.compile(
    r'CREATE\s+(?:UNIQUE\s+)?INDEX\s+(?:CONCURRENTLY\s+)?IF\s+NOT\s+EXISTS\s+(?P<name>"(?:[^"]|"")+"|[\w$]+)',
    re.IGNORECASE,
)
_INVALID = """
SELECT string_agg(i.indexrelid::regclass::text, ', ' ORDER BY i.indexrelid::regclass::text)
FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid WHERE NOT i.indisvalid AND c.relname IN ({})"""
_ALL_INVALID = """
SELECT string_agg(indexrelid::regclass::text, ', ' ORDER BY indexrelid::regclass::text)
FROM pg_index WHERE NOT indisvalid"""
_INDEX = re.compile(r'index (?:.*\.)?("(?:[^"]|"")+"|[\w$]+)')


def invalid_indexes(database: Database, name: str, text: str) -> str:
    """The indexes of a database that this SQL would skip, although they are invalid, with commas. Raises ToolError."""
    names = {f"index_{number}": index for number, index in enumerate(_skipped_if_there(text))}
    if not names:
        return ""
    query = PageText(_INVALID.format(", ".join(f"<{one}>" for one in names)), names)
    rows = database.query(name, query, limit=10).rows
    return str(rows[0][0] or "") if rows else ""


def left_invalid(database: Database, name: str) -> str:
    """All invalid indexes of a database, with commas, whoever left them. Raises ToolError."""
    rows = database.query(name, _ALL_INVALID, limit=10).rows
    return str(rows[0][0] or "") if rows else ""


def invalid_among(differences: Iterable[Difference], text: str) -> str:
    """The same, of the invalid indexes that production has and a copy has not."""
    skipped = set(_skipped_if_there(text))
    found = [one for one in differences if one.before == "INVALID" and (index := _INDEX.fullmatch(one.what))
             and _plain(index[1]) in skipped]  # fmt: skip
    return ", ".join(one.name().removeprefix("index ") for one in found)


def _skipped_if_there(text: str) -> list[str]:
    return [_plain(found["name"]) for one in statements(text) if (found := _CREATES.match(one.text))]


def _plain(name: str) -> str:
    """A name as the catalog has it."""
    return name[1:-1].replace('""', '"') if name.startswith('"') else name.lower()
