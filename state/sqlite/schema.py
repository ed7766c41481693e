"""Whether the tables and triggers of a state file are the bot's own."""

from __future__ import annotations

import functools
import sqlite3
from contextlib import closing

from state.journal import Change
from state.sqlite.migrations import run_migrations

Schema = dict[str, str]  # what each table, index, view and trigger is, by type and name

_SQL = "SELECT type, name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"

# columns with their rules, and foreign keys
_PRAGMAS = (
    'SELECT name, type, "notnull", dflt_value, pk, hidden FROM pragma_table_xinfo(?)',
    'SELECT "table", "from", "to", on_update, on_delete, match FROM pragma_foreign_key_list(?) ORDER BY id, seq',
)
_COLUMNS = 'SELECT name, "desc", coll, key FROM pragma_index_xinfo(?)'
_RULES = ("CHECK", "COLLATE", "GENERATED", "ON CONFLICT", "STRICT", "WITHOUT ROWID", "DEFERR")


def schema_changes(connection: sqlite3.Connection) -> list[Change]:
    """What is not as the migrations made it.

    A foreign trigger would change what the bot writes before the journal covers it.
    """
    found, made = _schema(connection), _own_schema()
    return [
        *(
            Change(number=0, summary=f"the {name} was added to the state file")
            for name in sorted(set(found) - set(made))
        ),
        *(
            Change(number=0, summary=f"the {name} of the state file was {'altered' if name in found else 'removed'}")
            for name in sorted(made)
            if found.get(name) != made[name]
        ),
    ]


@functools.cache
def _own_schema() -> Schema:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        connection.row_factory = sqlite3.Row
        run_migrations(connection)
        return _schema(connection)


def _schema(connection: sqlite3.Connection) -> Schema:
    """Tables and indexes by what SQLite has made of them, and triggers and views by their words.

    Their own words may differ in an older file, but not how often they name a rule that is seen nowhere else.
    """
    schema = {}
    for kind, name, sql in connection.execute(_SQL).fetchall():
        words = " ".join(str(sql).split())
        if kind == "table":
            rules = {rule: words.upper().count(rule) for rule in _RULES}
            described = [_rows(connection, pragma, name) for pragma in _PRAGMAS]
            words = str([*described, _indexes(connection, name), rules])
        elif kind == "index":
            words = words.partition(" WHERE ")[2]
        schema[f"{kind} {name}"[:80]] = words
    return schema


def _indexes(connection: sqlite3.Connection, table: str) -> list[object]:
    """The indexes of a table, those included that a UNIQUE makes: what each is for, and its columns."""
    listed = connection.execute("SELECT name, [unique], origin, partial FROM pragma_index_list(?)", (table,)).fetchall()
    return sorted(
        ((unique, origin, partial, *_rows(connection, _COLUMNS, name)) for name, unique, origin, partial in listed),
        key=str,
    )


def _rows(connection: sqlite3.Connection, sql: str, name: str) -> list[tuple[object, ...]]:
    return [tuple(row) for row in connection.execute(sql, (name,)).fetchall()]
