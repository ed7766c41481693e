"""Another rule put in place of one of the state file's own is found, with what it lets in."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from state.records import Run
from state.sqlite.store import Store
from tests.state.sqlite.forger import by_hand
from tests.state.store.journalled import changes, write_run


@pytest.fixture
def run(store: Store) -> Run:
    """A run with one of everything: entries 1 to 14."""
    return write_run(store)


def rebuild(store: Store, table: str, old: str, new: str) -> None:
    """Make a table anew with other words, with its rows and triggers."""
    with closing(sqlite3.connect(store.path, isolation_level=None)) as forger:
        of_table = "SELECT sql FROM sqlite_master WHERE tbl_name = ? AND sql IS NOT NULL ORDER BY type = 'table' DESC"
        made, *others = [row[0] for row in forger.execute(of_table, (table,))]
        assert old in made, made
        forger.execute("BEGIN IMMEDIATE")
        forger.execute(f"CREATE TEMP TABLE kept AS SELECT * FROM {table}")
        forger.execute("PRAGMA defer_foreign_keys = ON")
        forger.execute(f"DROP TABLE {table}")
        forger.execute(made.replace(old, new))
        forger.execute(f"INSERT INTO {table} SELECT * FROM kept")
        for sql in others:
            forger.execute(sql)
        forger.execute("COMMIT")


def test_a_twin_of_a_signature_is_found_in_a_table_that_takes_it(store: Store, run: Run) -> None:
    rebuild(store, "facts", "UNIQUE (run, key)", "CHECK (1)")
    by_hand(
        store.path,
        "INSERT INTO facts SELECT -1, run, kind, key, person, door, at, replace(data, 'dba', 'lead'), account, claimed "
        "FROM facts WHERE kind = 'sign'",
    )
    assert changes(store, run) == [
        "the table facts of the state file was altered",
        "signature backup:1:dba stands there more than once: a row was added",
    ]


@pytest.mark.parametrize(
    ("sql", "what"),
    [
        ("DROP INDEX one_active_run; CREATE INDEX one_active_run ON runs (target)", "table runs"),
        (
            "DROP INDEX one_active_run; CREATE UNIQUE INDEX one_active_run ON runs (target) WHERE state = 'gone'",
            "index one_active_run",
        ),
        ("DROP INDEX events_of_run; CREATE UNIQUE INDEX events_of_run ON facts (run)", "table facts"),
    ],
)
def test_an_index_that_holds_another_rule_is_found(store: Store, run: Run, sql: str, what: str) -> None:
    by_hand(store.path, sql if "UNIQUE INDEX events" not in sql else f"DELETE FROM facts WHERE kind = 'sign'; {sql}")
    assert f"the {what} of the state file was altered" in changes(store, run)


@pytest.mark.parametrize(
    ("old", "new"),
    [("UNIQUE (run, key)", "UNIQUE (run, key), CHECK (kind <> 'rollback')"), ("account TEXT NOT NULL", "account TEXT")],
)
def test_a_table_that_takes_other_rows_is_found(store: Store, run: Run, old: str, new: str) -> None:
    by_hand(store.path, "DELETE FROM facts WHERE kind = 'rollback'")
    rebuild(store, "facts", old, new)
    assert changes(store, run)[0] == "the table facts of the state file was altered"
