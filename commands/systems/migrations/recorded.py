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
  WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped)){}
ORDER BY pg_table_is_visible(c.oid) DESC, c.relname = <table> DESC, 1"""
_READABLE = " AND has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT')"
_SAID = "SELECT {}, (SELECT string_agg(word::text, ' ') FROM ({}) AS said (word))"
_SEVERAL = 20  # of those tables are compared with what the tool says
_AT_ONCE = 100  # are asked in one query; each is locked until its end


def recorded_states(database: Database, name: str, table: Table) -> Iterator[str]:
    """The states in the tables of a tool, of which a database may have several; each is asked for when it is wanted.

    Raises ToolError.
    """
    for one in _tables(database, name, table)[:_SEVERAL]:
        state = database.query(name, table.rows.format(table=one), limit=10).rows
        yield " ".join(sorted(str(word) for (word,) in state if word is not None))


def tables_at(database: Database, name: str, table: Table, state: str) -> list[str]:
    """All tables of a tool that record exactly this state, of those that can be read. Raises ToolError."""
    tables, found = _tables(database, name, table, _READABLE), []
    for start in range(0, len(tables), _AT_ONCE):
        asked = " UNION ALL ".join(
            _SAID.format(number, table.rows.format(table=one))
            for number, one in enumerate(tables[start : start + _AT_ONCE], start)
        )
        rows = database.query(name, asked, limit=30).rows
        found += [tables[int(str(number))] for number, said in rows if same_state(str(said or ""), state)]
    return sorted(found)


def _tables(database: Database, name: str, table: Table, more: str = "") -> list[str]:
    """Where a tool may record what is applied; that of its usual name, which the search path finds, first."""
    values = {"table": table.name, "columns": f"{{{','.join(table.columns)}}}"}
    return [str(one) for (one,) in database.query(name, PageText(_FIND.format(more), values), limit=10).rows]


def same_state(one: str, other: str) -> bool:
    """Whether they name the same; a tool that migrates several schemas or databases alike says a word for each."""
    return set(one.split()) == set(other.split())


def says_more(said: str, recorded: str) -> bool:
    """Whether a tool says all that is recorded, and more."""
    return set(said.split()) > set(recorded.split())
