"""What a database itself has recorded of a tool's migrations, against what the tool says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

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
    # with the zeros that Rails puts before a low number when it tells it
    "rails": (
        "schema_migrations",
        "SELECT lpad(version::text, greatest(3, length(version::text)), '0') FROM {table}",
    ),
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
# the columns of those that an application may call otherwise, so that others of its database may have theirs
_COLUMNS: Mapping[ToolName, list[str]] = {"alembic": ["version_num"], "golang-migrate": ["dirty", "version"]}
# that of the tool first: a database may have one for each of a thousand customers
_FIND = """
SELECT format('%I.%I', n.nspname, c.relname) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p') AND (c.relname = <table> OR <columns>::text[] = (
  SELECT array_agg(attname::text ORDER BY 1) FROM pg_attribute
  WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped))
ORDER BY pg_table_is_visible(c.oid) DESC, c.relname = <table> DESC, 1 LIMIT 20"""


def recorded_states(database: Database, name: str, tool: str | None) -> Iterator[str] | None:
    """The states in the tables of a tool, of which a database may have several; None for a tool that is not known here.

    Each is asked for when it is wanted. Raises ToolError then.
    """
    table, rows = next((found for known, found in _TABLES.items() if known == tool), ("", ""))
    columns = next((found for known, found in _COLUMNS.items() if known == tool), [])
    return _states(database, name, table, columns, rows) if table else None


def _states(database: Database, name: str, table: str, columns: list[str], rows: str) -> Iterator[str]:
    values = {"table": table, "columns": f"{{{','.join(columns)}}}"}
    for (one,) in database.query(name, PageText(_FIND, values), limit=10).rows:
        state = database.query(name, rows.format(table=one), limit=10).rows
        yield " ".join(sorted(str(word) for (word,) in state if word is not None))


def same_state(one: str, other: str) -> bool:
    """Whether they name the same; a tool that migrates several schemas or databases alike says a word for each."""
    return set(one.split()) == set(other.split())


def says_more(said: str, recorded: str) -> bool:
    """Whether a tool says all that is recorded, and more."""
    return set(said.split()) > set(recorded.split())
