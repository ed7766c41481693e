"""What a database itself has recorded of a tool's migrations, against what the tool says."""

from __future__ import annotations

from collections.abc import Iterator

from commands.ports.database import Database
from commands.ports.page_text import PageText
from commands.systems.migrations.tools import Table

# that of the tool first: a database may have one for each of a thousand customers
_FIND = """
SELECT format('%I.%I', n.nspname, c.relname) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p') AND (c.relname = <table> OR <columns>::text[] = (
  SELECT array_agg(attname::text ORDER BY 1) FROM pg_attribute
  WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped))
ORDER BY pg_table_is_visible(c.oid) DESC, c.relname = <table> DESC, 1 LIMIT 20"""


def recorded_states(database: Database, name: str, table: Table) -> Iterator[str]:
    """The states in the tables of a tool, of which a database may have several; each is asked for when it is wanted.

    Raises ToolError.
    """
    values = {"table": table.name, "columns": f"{{{','.join(table.columns)}}}"}
    for (one,) in database.query(name, PageText(_FIND, values), limit=10).rows:
        state = database.query(name, table.rows.format(table=one), limit=10).rows
        yield " ".join(sorted(str(word) for (word,) in state if word is not None))


def same_state(one: str, other: str) -> bool:
    """Whether they name the same; a tool that migrates several schemas or databases alike says a word for each."""
    return set(one.split()) == set(other.split())


def says_more(said: str, recorded: str) -> bool:
    """Whether a tool says all that is recorded, and more."""
    return set(said.split()) > set(recorded.split())
