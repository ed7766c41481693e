"""`proof`: what a database has beside its rows is restored too, or named as not in the backup."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.rehearsal.target.postgres import OWNER, SUPERUSER, Postgres
from tests.commands.steps.databases import extension, run_sql
from tests.commands.steps.kinds.test_proof import Shop

STATE = """
COMMENT ON TABLE parents IS 'people'; ALTER TABLE parents ALTER name SET STATISTICS 700;
ALTER TABLE parents ADD CONSTRAINT named CHECK (name <> 'x') NOT VALID;
CREATE STATISTICS pairs ON id, name FROM parents; CREATE PUBLICATION pub FOR TABLE parents WHERE (id > 3);
ALTER DEFAULT PRIVILEGES IN SCHEMA other GRANT SELECT ON TABLES TO dj_app;
GRANT UPDATE (name) ON parents TO dj_app; CREATE SEQUENCE ticket; SELECT setval('ticket', 50);
CREATE SEQUENCE down INCREMENT -1; SELECT nextval('down'), nextval('down');
SELECT lo_from_bytea(0, 'one'); COMMENT ON SCHEMA public IS 'our own';
"""

HINTS = """
CREATE TABLE hint (id int PRIMARY KEY, text text); CREATE TABLE setting (name text); INSERT INTO setting VALUES ('own');
SELECT pg_catalog.pg_extension_config_dump('setting', $$WHERE name <> 'own'$$);
GRANT ALL ON hint, setting TO dj_owner;
"""


@pytest.fixture
def shop(postgres: Postgres, tmp_path: Path) -> Shop:
    """The database with much beside its rows, its backup, and a scratch user who may act as its owner."""
    shop = Shop(postgres, tmp_path)
    run_sql(shop.url, STATE)
    shop.scratch = postgres.url(SUPERUSER, "scratch")
    shop.back_up()
    return shop


def test_what_a_backup_holds_beside_the_rows_is_proven(shop: Shop) -> None:
    outcome = shop.prove()
    assert (outcome.state, outcome.lines) == ("done", ()), outcome.output


@pytest.mark.fault("not looked at, and said to be fine")
def test_a_constraint_of_a_child_that_only_a_restore_makes_not_valid_is_named_and_fails_nothing(
    postgres: Postgres, tmp_path: Path
) -> None:
    shop = Shop(postgres, tmp_path)
    run_sql(
        shop.url,
        "CREATE TABLE nodes (size int); CREATE TABLE leaves () INHERITS (nodes); "
        "ALTER TABLE nodes ADD CONSTRAINT sized CHECK (size > 0) NOT VALID; "
        "ALTER TABLE leaves VALIDATE CONSTRAINT sized",
    )
    shop.back_up()
    outcome = shop.prove()
    assert (outcome.state, outcome.lines) == (
        "done",
        ("not in the backup, so a restore does not bring it back: validity of constraint sized on leaves",),
    ), outcome.output


@pytest.mark.fault("not looked at, and said to be fine")
@pytest.mark.parametrize(
    ("option", "line"),
    [
        ("--no-comments", "comment on table parents: people → none"),
        ("--no-publications", "publication pub: exists, insert, update, delete, truncate → none"),
        ("--no-statistics --exclude-table=ticket", "position of sequence ticket: 50 → none"),
        ("--no-privileges", "rights on column parents.name: dj_app=w → as by default"),
    ],
)
def test_what_an_archive_lacks_beside_the_rows_fails_the_proof(
    shop: Shop, tmp_path: Path, option: str, line: str
) -> None:
    shop.back_up_with(option, tmp_path)
    outcome = shop.prove()
    assert (outcome.state, line in outcome.lines) == ("failed", True), outcome.output
    assert outcome.summary.startswith("The proof failed: the restored database lacks what the original has: ")


def test_another_owner_fails_the_proof(shop: Shop) -> None:
    state = shop.archive.with_name(f"{shop.archive.name}.state")
    line = "owner of table public.parents\x1f"
    state.write_text(state.read_text().replace(f"{line}{OWNER}", f"{line}dj_app"))
    assert shop.prove().lines == (f"owner of table parents: dj_app → {OWNER}",)


def test_a_sequence_that_is_restored_behind_its_position_fails_the_proof(shop: Shop) -> None:
    state = shop.archive.with_name(f"{shop.archive.name}.state")
    state.write_text(state.read_text().replace("down\x1f-2\x1e2", "down\x1f-3\x1e3"))
    assert "position of sequence down: -3 → -2" in shop.prove().lines


def test_a_sequence_that_moves_on_while_the_backup_is_made_is_proven(shop: Shop) -> None:
    state = shop.archive.with_name(f"{shop.archive.name}.state")
    state.write_text(state.read_text().replace("ticket\x1f50\x1e50", "ticket\x1f49\x1e49"))
    assert shop.prove().state == "done"


def test_what_no_backup_holds_is_named_once(shop: Shop, postgres: Postgres) -> None:
    server = postgres.url(SUPERUSER, "shop")
    run_sql(
        server,
        f"ALTER DATABASE shop SET work_mem = '7MB'; ALTER ROLE {OWNER} IN DATABASE shop SET app.key = 'secret-7'",
    )
    run_sql(shop.url, "CREATE TABLE twice (a int); INSERT INTO twice VALUES (1), (1)")
    with pytest.raises(Exception, match="could not create unique index"):
        run_sql(shop.url, "CREATE UNIQUE INDEX CONCURRENTLY broken ON twice (a)")
    shop.back_up()
    outcome = shop.prove()
    assert outcome.state == "done", outcome.summary + outcome.output
    line = (
        f"not in the backup, so a restore does not bring it back: setting app.key of role {OWNER} in this database, "
        "setting work_mem of this database, index broken"
    )
    assert outcome.lines == (line,)
    assert "secret-7" not in outcome.output
    kept = shop.archive.with_name(f"{shop.archive.name}.state").read_text()
    assert "secret-7" not in kept


@pytest.mark.fault("not looked at, and said to be fine")
def test_a_foreign_key_that_is_switched_off_is_named_and_fails_no_proof(shop: Shop, postgres: Postgres) -> None:
    run_sql(shop.url, "CREATE TABLE part (parent int REFERENCES parents)")
    run_sql(postgres.url(SUPERUSER, "shop"), "ALTER TABLE part DISABLE TRIGGER ALL")
    shop.back_up()
    outcome = shop.prove()
    assert outcome.state == "done", outcome.summary + outcome.output
    assert outcome.lines == (
        "not in the backup, so a restore does not bring it back: checks of constraint part_parent_fkey on part",
    )


@pytest.mark.fault("not looked at, and said to be fine")
def test_rows_in_tables_of_extensions_are_named_by_backup_and_proof(shop: Shop, postgres: Postgres) -> None:
    with extension(postgres, HINTS):
        rows = "INSERT INTO hint SELECT n, 'x' FROM generate_series(1, 50) n; INSERT INTO setting VALUES ('mine')"
        run_sql(shop.url, f"CREATE EXTENSION hints; {rows}")
        shop.back_up()
        outcome = shop.prove()
    assert "not in the backup, because extensions own these tables: rows of table hint" in shop.backup.lines
    assert outcome.state == "done", outcome.summary + outcome.output
    assert outcome.lines == ("not in the backup, so a restore does not bring it back: rows of table hint",)


def test_without_the_right_to_act_as_the_owner_rights_are_named_as_not_compared(shop: Shop, postgres: Postgres) -> None:
    server = postgres.url(SUPERUSER)
    run_sql(server, "DROP ROLE IF EXISTS tester")
    run_sql(server, "CREATE ROLE tester LOGIN CREATEDB PASSWORD 'tester'; GRANT ALL ON DATABASE scratch TO tester")
    outcome = shop.prove(scratch=f"postgresql://tester:tester@127.0.0.1:{postgres.port}/scratch")
    assert outcome.state == "done", outcome.summary + outcome.output
    assert f"not compared: owners and privileges; the scratch user may not act as {OWNER}" in outcome.lines


def test_a_backup_of_an_earlier_version_says_that_only_rows_were_compared(shop: Shop) -> None:
    shop.archive.with_name(f"{shop.archive.name}.state").unlink()
    outcome = shop.prove()
    assert outcome.state == "done", outcome.output
    assert outcome.lines[0].startswith("not compared: what the database has besides its rows")
