"""What `data-return` does with the rows it has read: which are back and which not, columns, sequences, other versions of PostgreSQL."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.rehearsal.target.postgres import Postgres
from bot.rehearsal.target.programs import postgres_programs
from commands.steps.kinds import data_return
from tests.commands.steps.kinds.test_data_return import TABLES, Shop


@pytest.fixture
def shop(postgres: Postgres, tmp_path: Path) -> Shop:
    """The database before the deployment."""
    return Shop(postgres, tmp_path)


def test_what_was_written_since_stays_and_people_decide_because_rows_point_to_it_now(shop: Shop) -> None:
    shop.lose()
    shop.do("INSERT INTO parents (name) VALUES ('since')")
    found = shop.bring_back("parents", "children")
    assert found.state == "failed", "a row was lost, and another has its children"
    assert found.summary.startswith(
        "1 rows of the backup are not back (public.parents: 1): newer rows have their keys, and rows that pointed to "
        "them now point to those. 9 rows of 2 tables are back from the backup, in "
    ), found.summary + found.output
    parents = "public.parents: 5 in the backup, 1 there, 4 brought back, 1 not back because newer rows have their keys"
    assert set(found.lines) == {parents, "public.children: 5 in the backup, 0 there, 5 brought back"}
    assert shop.do("SELECT p.name FROM children c JOIN parents p ON p.id = c.parent WHERE c.id = 1") == [("since",)]
    again = shop.bring_back("parents", "children", run=2)
    assert again.state == "failed", "asked again, it must not be well"
    assert again.summary.startswith("1 rows of the backup are not back (public.parents: 1): newer rows have their keys")


def test_a_row_that_is_lost_to_another_unique_value_is_told(shop: Shop) -> None:
    made = "CREATE TABLE named (id integer PRIMARY KEY, name text UNIQUE)"
    shop.do(f"{made}; INSERT INTO named VALUES (1, 'one'), (2, 'two'), (3, 'three')")
    shop.backup()
    shop.do(f"DROP TABLE named; {made}; INSERT INTO named VALUES (77, 'three')")
    found = shop.bring_back("named")
    assert found.state == "failed"
    assert "1 rows of the backup are not back (public.named: 1)" in found.summary, found.summary + found.output


def test_rows_that_are_there_as_they_were_are_no_loss(shop: Shop) -> None:
    shop.do("ALTER TABLE parents ADD tree json, ADD place point; UPDATE parents SET tree = '{}', place = '(1,2)'")
    shop.backup()
    # some rows are gone, the columns come in another order, and one has its values from the backup only
    shop.do("UPDATE parents SET child = NULL; DELETE FROM children; DELETE FROM parents WHERE id > 3")
    shop.do("ALTER TABLE parents DROP COLUMN name; ALTER TABLE parents ADD COLUMN name text, ADD COLUMN extra integer")
    shop.do("UPDATE parents SET name = 'parent ' || id, extra = 7")
    found = shop.bring_back("parents", "children", columns=("parents.child",))
    assert found.state == "done", found.summary + found.output
    parents = "public.parents: 5 in the backup, 3 there, 2 brought back, 3 values"
    assert set(found.lines) == {parents, "public.children: 5 in the backup, 0 there, 5 brought back"}
    again = shop.bring_back("parents", "children", run=2)
    assert again.summary == "The rows were brought back by this run before."


def test_the_values_of_columns_come_back_whose_types_know_no_equality(shop: Shop) -> None:
    shop.do("ALTER TABLE parents ADD tree json, ADD place point; UPDATE parents SET tree = '{\"a\": 1}' WHERE id < 3")
    shop.do("UPDATE parents SET place = '(1,2)' WHERE id = 3")
    shop.backup()
    shop.do("ALTER TABLE parents DROP COLUMN tree, DROP COLUMN place")
    shop.do("ALTER TABLE parents ADD COLUMN tree json, ADD COLUMN place point")
    found = shop.bring_back(columns=("parents.tree", "parents.place"))
    assert found.summary.startswith("3 values of columns are back"), found.summary + found.output
    back = shop.do("SELECT tree::text, place::text FROM parents ORDER BY id")
    assert back == [('{"a": 1}', None)] * 2 + [(None, "(1,2)")] + [(None, None)] * 2


@pytest.mark.parametrize(
    ("kind", "default", "following"),
    [
        ("text", "'J'||nextval('numbers')", "J10"),
        ("numeric", "nextval('numbers')", "10"),
        ("numeric(12,2)", "nextval('numbers')", "10.00"),
        ("smallint", "nextval('numbers')", "10"),
    ],
)
def test_a_sequence_goes_on_where_the_backup_had_it_whatever_its_column_is(
    shop: Shop, kind: str, default: str, following: str
) -> None:
    made = f"CREATE SEQUENCE numbers; CREATE TABLE jobs (id {kind} PRIMARY KEY DEFAULT {default})"
    shop.do(f"{made}; INSERT INTO jobs SELECT FROM generate_series(1, 9)")
    # the newest are gone, and their numbers are known elsewhere
    shop.do("DELETE FROM jobs WHERE id::text LIKE '%8' OR id::text LIKE '%9.00' OR id::text LIKE '%9'")
    shop.backup()
    shop.do(f"DROP TABLE jobs; DROP SEQUENCE numbers; {made}")
    found = shop.bring_back("jobs")
    assert found.state == "done", found.summary + found.output
    assert shop.do("INSERT INTO jobs DEFAULT VALUES RETURNING id::text") == [(following,)]


def test_a_sequence_is_past_every_row_and_never_goes_back(shop: Shop) -> None:
    shop.do("INSERT INTO parents (id, name) VALUES (40, 'by hand')")
    made = "CREATE TABLE amounts (id amount PRIMARY KEY DEFAULT nextval('parents_id_seq'))"
    shop.do(f"CREATE DOMAIN amount AS numeric; {made}; INSERT INTO amounts VALUES ('NaN'), (41.5)")
    shop.backup()
    shop.do(f"DROP TABLE amounts; {made}; SELECT setval('children_id_seq', 70)")
    assert shop.bring_back("parents", "children", "amounts").state == "done"
    assert shop.do("SELECT nextval('parents_id_seq'), nextval('children_id_seq')") == [(43, 71)]


def test_the_sequence_of_an_empty_table_is_left_where_it_begins(shop: Shop) -> None:
    made = "CREATE TABLE nobody (id serial PRIMARY KEY)"
    shop.do(made)
    shop.backup()
    shop.do(f"DROP TABLE nobody; {made}")
    assert shop.bring_back("nobody").state == "done"
    assert shop.do("INSERT INTO nobody DEFAULT VALUES RETURNING id") == [(1,)]


@pytest.mark.parametrize(
    ("kind", "value", "summary"),
    [
        ("integer", "bob@mail\n123456", 'invalid input syntax for type integer: "…"'),
        ("smallint", "123456", 'value "…"'),
        ("varchar(3)", "bob@mail", "value too long for type character varying(3)"),
    ],
)
def test_a_value_that_does_not_fit_any_more_is_not_shown(shop: Shop, kind: str, value: str, summary: str) -> None:
    shop.do(f"CREATE TABLE users (email text); INSERT INTO users VALUES ('{value}')")
    shop.backup()
    shop.do(f"DROP TABLE users; CREATE TABLE users (email {kind})")
    found = shop.bring_back("users")
    assert found.summary == f"Nothing was brought back (exit 3): {summary}."
    assert not any(part in found.output for part in ("bob", "123456"))


def test_a_newer_pg_restores_settings_are_not_asked_of_an_older_server(shop: Shop, tmp_path: Path) -> None:
    # pg_restore 17 sets transaction_timeout, which servers up to 16 refuse; nor does this one know the next one's
    newer = tmp_path / "newer"
    newer.mkdir()
    (newer / "psql").symlink_to(postgres_programs() / "psql")
    wraps = (
        f"{postgres_programs() / 'pg_restore'} \"$@\" | sed 's/^SET statement_timeout = 0;/SET of_a_newer_one = 0;/'"
    )
    (newer / "pg_restore").write_text(f"#!/bin/sh\n{wraps}\n")
    (newer / "pg_restore").chmod(0o755)
    shop.lose()
    found = shop.bring_back("parents", "children", programs=newer)
    assert found.state == "done", found.summary + found.output


def test_a_server_too_old_to_look_whether_the_host_is_there_gets_its_rows_all_the_same(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    older = data_return._SCRIPT.replace("client_connection_check_interval", "of_a_newer_postgres")
    monkeypatch.setattr(data_return, "_SCRIPT", older)
    shop.lose()
    found = shop.bring_back(*TABLES)
    assert found.state == "done", found.output
