"""Whether the tables and triggers of a state file are the bot's own."""

from __future__ import annotations

import functools
import sqlite3
from contextlib import closing

from state.journal import Change
from state.sqlite.migrations import run_migrations

Schema = dict[str, str]  # what each table, index, view and trigger is, by type and name

_SQL = "SELECT type, name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"


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
    """Tables by their columns, and triggers by their words. An index may have other words in an older file."""
    schema = {}
    for kind, name, sql in connection.execute(_SQL).fetchall():
        columns = connection.execute("SELECT name, type FROM pragma_table_info(?)", (name,)).fetchall()
        words = str([tuple(column) for column in columns]) if kind == "table" else "" if kind == "index" else str(sql)
        schema[f"{kind} {name}"[:80]] = words
    return schema
