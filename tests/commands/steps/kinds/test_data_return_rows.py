"""`data-return`: which rows come back, where sequences continue, and other PostgreSQL versions."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.rehearsal.target.postgres import OWNER, SUPERUSER, Postgres
from bot.rehearsal.target.programs import postgres_programs
from commands.steps.kinds import data_return
from tests.commands.steps.databases import run_sql
from tests.commands.steps.kinds.migrated_shop import FORWARD, NOT_COMPARED, SCHEMA, TABLES, MigratedShop
from tests.commands.steps.other_language import german_programs


@pytest.fixture
def shop(postgres: Postgres, tmp_path: Path) -> MigratedShop:
    """The database before the deploy."""
    return MigratedShop(postgres, tmp_path)


def test_newer_rows_stay_and_people_decide_because_old_rows_are_lost_to_them(shop: MigratedShop) -> None:
    shop.migrate_and_roll_back()
    shop.run_sql("INSERT INTO parents (name) VALUES ('since')")
    outcome = shop.bring_back("parents", "children")
    assert outcome.state == "failed", "a row is lost, and a newer one has its children"
    lost = "1 row of the backup was not brought back (public.parents: 1): newer rows have the same keys"
    assert outcome.summary.startswith(
        f"{lost}, and references to the old rows now lead to the newer ones. Brought back"
    )
    assert outcome.summary.endswith(": 9 rows in 2 tables. Skip this step only if you accept that."), outcome.summary
    parents = "public.parents: 5 in the backup, 1 in the table, 4 brought back"
    assert set(outcome.lines) == {
        f"{parents}, 1 not brought back because newer rows have the same keys",
        "public.children: 5 in the backup, 0 in the table, 5 brought back",
        NOT_COMPARED,
    }
    assert shop.run_sql("SELECT p.name FROM children c JOIN parents p ON p.id = c.parent WHERE c.id = 1") == [
        ("since",)
    ]
    again = shop.bring_back("parents", "children", attempt=2)
    assert again.state == "failed", "the loss must not be forgotten"
    assert again.summary.startswith(lost)
    assert "This run has already brought back all other rows." in again.summary


def test_a_row_whose_unique_value_was_taken_is_reported_as_lost(shop: MigratedShop) -> None:
    create = "CREATE TABLE named (id integer PRIMARY KEY, name text UNIQUE)"
    shop.run_sql(f"{create}; INSERT INTO named VALUES (1, 'one'), (2, 'two'), (3, 'three')")
    shop.back_up()
    shop.run_sql(f"DROP TABLE named; {create}; INSERT INTO named VALUES (77, 'three')")
    outcome = shop.bring_back("named")
    assert outcome.state == "failed"
    assert outcome.summary.startswith("1 row of the backup was not brought back (public.named: 1)"), outcome.output


def test_rows_that_already_exist_unchanged_are_no_loss(shop: MigratedShop) -> None:
    shop.run_sql("ALTER TABLE parents ADD tree json, ADD place point; UPDATE parents SET tree = '{}', place = '(1,2)'")
    shop.back_up()
    # some rows are gone, the columns are in another order, and one column has its values only in the backup
    shop.run_sql("UPDATE parents SET child = NULL; DELETE FROM children; DELETE FROM parents WHERE id > 3")
    shop.run_sql(
        "ALTER TABLE parents DROP COLUMN name; ALTER TABLE parents ADD COLUMN name text, ADD COLUMN extra integer"
    )
    shop.run_sql("UPDATE parents SET name = 'parent ' || id, extra = 7")
    outcome = shop.bring_back("parents", "children", columns=("parents.child",))
    assert outcome.state == "done", outcome.summary + outcome.output
    parents = "public.parents: 5 in the backup, 3 in the table, 2 brought back, 3 column values"
    children = "public.children: 5 in the backup, 0 in the table, 5 brought back"
    assert set(outcome.lines) == {parents, children, NOT_COMPARED}
    again = shop.bring_back("parents", "children", attempt=2)
    assert again.summary == "This run has already brought the rows back."


def test_values_of_types_without_equality_come_back(shop: MigratedShop) -> None:
    shop.run_sql(
        "ALTER TABLE parents ADD tree json, ADD place point; UPDATE parents SET tree = '{\"a\": 1}' WHERE id < 3"
    )
    shop.run_sql("UPDATE parents SET place = '(1,2)' WHERE id = 3")
    shop.back_up()
    shop.run_sql("ALTER TABLE parents DROP COLUMN tree, DROP COLUMN place")
    shop.run_sql("ALTER TABLE parents ADD COLUMN tree json, ADD COLUMN place point")
    outcome = shop.bring_back(columns=("parents.tree", "parents.place"))
    assert outcome.summary.endswith(": 3 column values."), outcome.summary + outcome.output
    back = shop.run_sql("SELECT tree::text, place::text FROM parents ORDER BY id")
    assert back == [('{"a": 1}', None)] * 2 + [(None, "(1,2)")] + [(None, None)] * 2


@pytest.mark.parametrize(
    ("column_type", "default", "next_value"),
    [
        ("text", "'J'||nextval('numbers')", "J10"),
        ("numeric", "nextval('numbers')", "10"),
        ("numeric(12,2)", "nextval('numbers')", "10.00"),
        ("smallint", "nextval('numbers')", "10"),
    ],
)
def test_a_sequence_continues_where_the_backup_had_it_whatever_its_column_type(
    shop: MigratedShop, column_type: str, default: str, next_value: str
) -> None:
    create = f"CREATE SEQUENCE numbers; CREATE TABLE jobs (id {column_type} PRIMARY KEY DEFAULT {default})"
    shop.run_sql(f"{create}; INSERT INTO jobs SELECT FROM generate_series(1, 9)")
    # the newest rows are gone, but other systems may know their numbers
    shop.run_sql("DELETE FROM jobs WHERE id::text LIKE '%8' OR id::text LIKE '%9.00' OR id::text LIKE '%9'")
    shop.back_up()
    shop.run_sql(f"DROP TABLE jobs; DROP SEQUENCE numbers; {create}")
    outcome = shop.bring_back("jobs")
    assert outcome.state == "done", outcome.summary + outcome.output
    assert shop.run_sql("INSERT INTO jobs DEFAULT VALUES RETURNING id::text") == [(next_value,)]


def test_a_sequence_is_past_every_row_and_never_moves_back(shop: MigratedShop) -> None:
    shop.run_sql("INSERT INTO parents (id, name) VALUES (40, 'by hand')")
    create = "CREATE TABLE amounts (id amount PRIMARY KEY DEFAULT nextval('parents_id_seq'))"
    shop.run_sql(f"CREATE DOMAIN amount AS numeric; {create}; INSERT INTO amounts VALUES ('NaN'), (41.5)")
    shop.back_up()
    shop.run_sql(f"DROP TABLE amounts; {create}; SELECT setval('children_id_seq', 70)")
    assert shop.bring_back("parents", "children", "amounts").state == "done"
    assert shop.run_sql("SELECT nextval('parents_id_seq'), nextval('children_id_seq')") == [(43, 71)]


def test_the_sequence_of_an_empty_table_stays_at_its_start(shop: MigratedShop) -> None:
    create = "CREATE TABLE nobody (id serial PRIMARY KEY)"
    shop.run_sql(create)
    shop.back_up()
    shop.run_sql(f"DROP TABLE nobody; {create}")
    assert shop.bring_back("nobody").state == "done"
    assert shop.run_sql("INSERT INTO nobody DEFAULT VALUES RETURNING id") == [(1,)]


@pytest.mark.parametrize(
    ("column_type", "value", "error"),
    [
        ("integer", "bob@mail\n123456", 'invalid input syntax for type integer: "…"'),
        ("smallint", "123456", 'value "…"'),
        ("varchar(3)", "bob@mail", "value too long for type character varying(3)"),
    ],
)
def test_an_error_does_not_quote_the_value(shop: MigratedShop, column_type: str, value: str, error: str) -> None:
    shop.run_sql(f"CREATE TABLE users (email text); INSERT INTO users VALUES ('{value}')")
    shop.back_up()
    shop.run_sql(f"DROP TABLE users; CREATE TABLE users (email {column_type})")
    outcome = shop.bring_back("users")
    assert outcome.summary == f"Nothing was brought back (exit code 3): {error}."
    assert not any(part in outcome.output for part in ("bob", "123456"))


def test_an_error_in_another_language_does_not_quote_the_value_either(shop: MigratedShop, tmp_path: Path) -> None:
    shop.run_sql("CREATE TABLE users (email text); INSERT INTO users VALUES ('bob@mail')")
    shop.back_up()
    shop.run_sql("DROP TABLE users; CREATE TABLE users (email integer)")
    outcome = shop.bring_back("users", programs=german_programs(tmp_path))
    assert "FEHLER:  ungültige Eingabesyntax für Typ integer: …" in outcome.output
    assert "bob" not in outcome.output + outcome.summary


def test_settings_of_a_newer_pg_restore_are_ignored_by_an_older_server(shop: MigratedShop, tmp_path: Path) -> None:
    # pg_restore 17 sets transaction_timeout, which servers up to 16 refuse; here it sets an unknown name
    newer = tmp_path / "newer"
    newer.mkdir()
    (newer / "psql").symlink_to(postgres_programs() / "psql")
    rename = "s/^SET statement_timeout = 0;/SET of_a_newer_one = 0;/"
    (newer / "pg_restore").write_text(f"#!/bin/sh\n{postgres_programs() / 'pg_restore'} \"$@\" | sed '{rename}'\n")
    (newer / "pg_restore").chmod(0o755)
    shop.migrate_and_roll_back()
    outcome = shop.bring_back("parents", "children", programs=newer)
    assert outcome.state == "done", outcome.summary + outcome.output


def test_a_server_without_client_connection_check_interval_gets_its_rows_too(
    shop: MigratedShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    older = data_return._SCRIPT.replace("client_connection_check_interval", "of_a_newer_postgres")
    monkeypatch.setattr(data_return, "_SCRIPT", older)
    shop.migrate_and_roll_back()
    outcome = shop.bring_back(*TABLES)
    assert outcome.state == "done", outcome.output


TICKETS = """CREATE SEQUENCE ticket; CREATE SEQUENCE down INCREMENT -1; CREATE SEQUENCE set_ahead;
CREATE SEQUENCE moved_on; CREATE SEQUENCE round MAXVALUE 9 CYCLE; CREATE SEQUENCE unused;
SELECT setval('ticket', 50), nextval('down'), nextval('down'), setval('set_ahead', 500, false), setval('moved_on', 7),
  setval('round', 8);"""
SEQUENCES = ("ticket", "down", "set_ahead", "moved_on", "round", "unused")
POSITIONS = "SELECT " + ", ".join(f"nextval('{name}')" for name in SEQUENCES)


@pytest.mark.fault("not looked at, and said to be fine")
@pytest.mark.parametrize("kept", [False, True], ids=["from the backup", "from the rows kept since"])
def test_sequences_of_a_trigger_or_the_application_go_on_from_their_position_in_the_backup(
    shop: MigratedShop, kept: bool
) -> None:
    shop.run_sql(TICKETS)
    shop.back_up()
    if kept:
        shop.run_sql("SELECT nextval('ticket'); INSERT INTO keyless VALUES ('since')")
        assert shop.keep_rows("keyless").state == "done"
    names = "ticket, down, set_ahead, round"
    shop.run_sql(f"{FORWARD} DROP SEQUENCE {names}; SELECT setval('moved_on', 90)")
    again = TICKETS.replace("CREATE SEQUENCE moved_on;", "").replace("CREATE SEQUENCE unused;", "").split("SELECT")[0]
    shop.run_sql(SCHEMA + again)
    outcome = shop.bring_back("keyless")
    assert outcome.state == "done", outcome.output
    assert f"sequence public.ticket: moved from 0 to {50 + kept}" in outcome.lines
    assert "sequence public.down: moved from 0 to -2" in outcome.lines
    assert shop.run_sql(POSITIONS) == [(51 + kept, -3, 500, 91, 1, 1)]


def test_a_sequence_that_the_user_may_not_move_is_named(shop: MigratedShop, postgres: Postgres) -> None:
    shop.run_sql("CREATE SEQUENCE ticket; SELECT setval('ticket', 50)")
    shop.back_up()
    shop.migrate_and_roll_back()
    shop.run_sql("DROP SEQUENCE ticket")
    run_sql(postgres.url(SUPERUSER, "shop"), f"CREATE SEQUENCE ticket; GRANT SELECT ON ticket TO {OWNER}")
    outcome = shop.bring_back("keyless")
    assert outcome.state == "done", outcome.output
    assert outcome.summary.endswith(
        "NOT moved to the position in the backup, because the user lacks the right: sequence public.ticket."
    )
    assert "❗ sequence public.ticket: at 0, in the backup at 50; the user may not move it" in outcome.lines
