"""`rehearse`: what is neither schema nor row is compared too, or named as not compared."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.rehearsal.target.postgres import OWNER, SUPERUSER, Postgres
from tests.commands.steps.databases import create_databases, extension, run_sql
from tests.commands.steps.kinds.rehearsed_shop import FORWARD, VERIFY_ONE, RehearsedShop
from tests.conftest import make_host

STATE = """COMMENT ON TABLE kept IS 'words'; ALTER TABLE kept ALTER word SET STATISTICS 700;
CREATE STATISTICS pairs ON id, word FROM kept; CREATE PUBLICATION pub FOR TABLE kept;
ALTER TABLE kept ADD CONSTRAINT named CHECK (word <> 'x'); CREATE TABLE child (id int REFERENCES kept);
CREATE SCHEMA other; ALTER DEFAULT PRIVILEGES IN SCHEMA other GRANT SELECT ON TABLES TO dj_app;"""


@pytest.fixture
def shop(postgres: Postgres, tmp_path: Path) -> Iterator[RehearsedShop]:
    """Production with much beside schema and rows. After every test, it is untouched and no copy is left."""
    shop = RehearsedShop(postgres, tmp_path)
    shop.change_production(STATE)
    yield shop
    shop.assert_untouched()


@pytest.mark.fault("not looked at, and said to be fine")
@pytest.mark.parametrize(
    ("forward", "line"),
    [
        ("COMMENT ON TABLE kept IS 'other';", "comment on table kept: words → other"),
        ("ALTER TABLE kept ALTER word SET STATISTICS 7;", "statistics target of column kept.word: 700 → 7"),
        ("DROP STATISTICS pairs;", "statistics pairs: ON id, word of public.kept → the default"),
        ("ALTER PUBLICATION pub DROP TABLE kept;", "table kept of publication pub: published → none"),
        (
            "ALTER TABLE kept DROP CONSTRAINT named, ADD CONSTRAINT named CHECK (word <> 'x') NOT VALID;",
            "constraint named on kept: valid → NOT VALID",
        ),
        (
            "ALTER DEFAULT PRIVILEGES IN SCHEMA other REVOKE SELECT ON TABLES FROM dj_app;",
            f"default rights of {OWNER} in schema other on tables: dj_app=r → none",
        ),
    ],
)
def test_what_is_neither_schema_nor_row_must_be_as_before(shop: RehearsedShop, forward: str, line: str) -> None:
    outcome = shop.rehearse(FORWARD + forward)
    assert outcome.state == "failed", outcome.summary + outcome.output
    assert line in outcome.lines, outcome.output


@pytest.mark.fault("not looked at, and said to be fine")
@pytest.mark.parametrize(
    ("forward", "line"),
    [
        (
            "UPDATE pg_index SET indisvalid = false WHERE indrelid = 'kept'::regclass;",
            "index kept_pkey: valid → INVALID",
        ),
        ("UPDATE pg_extension SET extversion = '2';", "version of extension plpgsql: 1.0 → 2"),
        (
            "ALTER TABLE child DISABLE TRIGGER ALL;",
            "checks of constraint child_id_fkey on child: on → off, its triggers are disabled",
        ),
    ],
)
def test_what_a_dump_of_the_schema_does_not_show_must_be_as_before(
    shop: RehearsedShop, postgres: Postgres, forward: str, line: str
) -> None:
    shop.url = postgres.url(SUPERUSER, "shop")
    outcome = shop.rehearse(forward, "SELECT 1;", returns=(), verify=VERIFY_ONE)
    assert outcome.state == "failed", outcome.summary + outcome.output
    assert line in outcome.lines, outcome.output


@pytest.fixture(scope="module")
def other_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    """Another server with production's roles, for scratch databases."""
    host = make_host(tmp_path_factory.mktemp("other"))
    server = Postgres(host)
    server.start()
    create_databases(server, "scratch")
    run_sql(server.url(SUPERUSER), f"ALTER ROLE {OWNER} CREATEROLE")
    yield server
    server.stop()
    host.stop_processes()


def test_state_that_stays_is_as_before(shop: RehearsedShop) -> None:
    outcome = shop.rehearse()
    assert outcome.state == "done", outcome.summary + outcome.output
    assert not [line for line in outcome.lines if "not compared" in line], outcome.lines


def test_a_setting_of_the_database_that_the_rollback_forgets_fails_the_step(
    shop: RehearsedShop, other_server: Postgres
) -> None:
    shop.scratch = other_server.url(SUPERUSER, "scratch")
    change = "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET work_mem = 7000', current_database()); END $$;"
    outcome = shop.rehearse(FORWARD + change)
    assert outcome.summary == (
        "On the copy, the rollback does not restore setting work_mem of this database: none → 7000. "
        "Skip this step only if you accept that."
    ), outcome.output


def test_rows_in_tables_of_extensions_are_compared_or_named_as_not_compared(
    shop: RehearsedShop, postgres: Postgres
) -> None:
    tables = "CREATE TABLE hint (id int); CREATE TABLE setting (name text); GRANT ALL ON hint, setting TO dj_owner;"
    with extension(postgres, f"{tables} SELECT pg_catalog.pg_extension_config_dump('setting', '');"):
        shop.change_production("CREATE EXTENSION hints; INSERT INTO hint VALUES (1); INSERT INTO setting VALUES ('a')")
        fails = shop.rehearse_alone("DELETE FROM setting; DELETE FROM hint;")
        hidden = shop.rehearse_alone("DELETE FROM hint;")
        run_sql(shop.url, "DROP EXTENSION hints")
    assert "rows of table setting: 1 → none" in fails.lines, fails.summary + fails.output
    assert hidden.state == "done", hidden.summary
    assert "not compared, because the copy does not have it: rows of table hint" in hidden.lines


def test_what_the_scratch_server_does_not_have_is_named_as_not_compared(
    shop: RehearsedShop, postgres: Postgres, other_server: Postgres
) -> None:
    run_sql(postgres.url(SUPERUSER, "shop"), "ALTER ROLE dj_app IN DATABASE shop SET work_mem = '7MB'")
    shop.scratch = other_server.url(SUPERUSER, "scratch")
    outcome = shop.rehearse()
    assert outcome.state == "done", outcome.summary + outcome.output
    [line] = [line for line in outcome.lines if line.startswith("not compared, because the copy does not have it: ")]
    assert "setting work_mem of role dj_app in this database" in line


def test_a_file_that_names_the_database_is_told_how_to_write_it(shop: RehearsedShop, other_server: Postgres) -> None:
    shop.scratch = other_server.url(SUPERUSER, "scratch")
    outcome = shop.rehearse(FORWARD + "ALTER DATABASE shop SET work_mem = '7MB';")
    assert outcome.summary == "On the copy, the forward file failed; nothing else was touched."
    assert any(line.startswith("f.sql:3 names a database; the copy has another name. ") for line in outcome.lines)
