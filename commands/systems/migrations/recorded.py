"""What a database itself has recorded of a tool's migrations, against what the tool says."""

from __future__ import annotations

from collections.abc import Mapping

from commands.ports.database import Database
from commands.ports.page_text import PageText
from commands.systems.migrations.tools import ToolName

# the table of a tool, and its rows as the words of `state`
_TABLES: Mapping[ToolName, tuple[str, str]] = {
    "alembic": ("alembic_version", "SELECT version_num FROM {table}"),
    "django": (
        "django_migrations",
        """SELECT DISTINCT ON (app) app || '=' || name || '(' || count(*) OVER (PARTITION BY app) || ')' FROM {table}
        ORDER BY app, id DESC""",
    ),
    "rails": ("schema_migrations", "SELECT version FROM {table}"),
    "prisma": (
        "_prisma_migrations",
        """SELECT max(migration_name COLLATE "C") || '(' || count(DISTINCT migration_name) || ')' FROM {table}
        WHERE finished_at IS NOT NULL AND rolled_back_at IS NULL""",
    ),
    "golang-migrate": (
        "schema_migrations",
        "SELECT version || CASE WHEN dirty THEN '(dirty)' ELSE '' END FROM {table}",
    ),
}
_FIND = """
SELECT format('%I.%I', n.nspname, c.relname) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p') AND c.relname = <table> ORDER BY 1"""


def recorded_states(database: Database, name: str, tool: str | None) -> list[str] | None:
    """The states in the tables of a tool, of which a database may have several; None for a tool that is not known here.

    Raises ToolError.
    """
    table, rows = next((found for known, found in _TABLES.items() if known == tool), ("", ""))
    if not table:
        return None
    found = database.query(name, PageText(_FIND, {"table": table}), limit=10).rows
    states = [database.query(name, rows.format(table=one), limit=10).rows for (one,) in found]
    return [" ".join(sorted(str(word) for (word,) in state if word is not None)) for state in states]


def is_recorded(state: str, states: list[str]) -> bool:
    """Whether what the tool says is in one of these."""
    return " ".join(sorted(state.split())) in states
