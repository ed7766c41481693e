"""`rehearse` on a real PostgreSQL: what a copy could reach, what neither rows nor schema show, and what must not be told."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.rehearsal.target.postgres import OWNER, SUPERUSER, Postgres
from tests.commands.steps.databases import DUMP, do, dump
from tests.commands.steps.kinds.test_rehearse import BACK, FORWARD, RETURN, Shop

ONE = "[[verify]]\nsays = 'one'\nexpect = 1\nsql = 'SELECT 1'\n"


@pytest.fixture
def shop(postgres: Postgres, tmp_path: Path) -> Iterator[Shop]:
    """The database before the deployment; whatever happens, it is untouched and the copy is gone."""
    made = Shop(postgres, tmp_path)
    yield made
    assert made.left() == [(7,)]


def holds(shop: Shop, sql: str) -> None:
    """Production holds more, and is backed up anew."""
    do(shop.url, sql)
    shutil.rmtree(shop.folder / DUMP)
    shop.sum = dump(shop.url, shop.folder)


@pytest.mark.parametrize(
    "statement",
    [
        f"ALTER ROLE {OWNER} SET statement_timeout = '7s';",
        "DO $$ BEGIN EXECUTE 'CREATE ROLE surprise'; END $$;",
        "GRANT pg_read_all_data TO dj_app;",
    ],
)
def test_what_a_whole_server_shares_is_not_changed_where_that_server_is_productions_own(
    shop: Shop, statement: str
) -> None:
    found = shop.rehearse(FORWARD + statement)
    assert found.state == "failed", found.summary
    assert found.summary.startswith("The scratch database is on production's own server")
    assert any(line.startswith("f.sql line 3: ") for line in found.lines), found.lines
    roles = "SELECT count(*) FROM pg_roles WHERE rolname = 'surprise' OR rolconfig::text LIKE '%7s%'"
    assert do(shop.url, roles) == [(0,)]


def test_a_copy_reaches_no_other_server(shop: Shop, postgres: Postgres) -> None:
    shop.url = postgres.url(SUPERUSER, "shop")
    holds(
        shop,
        "CREATE FOREIGN DATA WRAPPER far; CREATE SERVER elsewhere FOREIGN DATA WRAPPER far;"
        f"CREATE USER MAPPING FOR PUBLIC SERVER elsewhere; CREATE USER MAPPING FOR {OWNER} SERVER elsewhere",
    )
    reaches = "DO $$ BEGIN IF EXISTS (SELECT FROM pg_user_mappings) THEN RAISE 'it is within reach'; END IF; END $$;"
    found = shop.rehearse(reaches, "SELECT 1;", returns="", expect=ONE)
    assert found.state == "done", found.output
    assert do(shop.url, "SELECT count(*) FROM pg_user_mappings") == [(2,)]


def test_a_sequence_that_the_rollback_made_anew_behind_its_rows_is_found(shop: Shop) -> None:
    forward = "ALTER TABLE kept ALTER COLUMN id DROP DEFAULT; DROP SEQUENCE kept_id_seq;"
    back = (
        "CREATE SEQUENCE kept_id_seq AS integer OWNED BY kept.id; "
        "ALTER TABLE kept ALTER COLUMN id SET DEFAULT nextval('kept_id_seq');"
    )
    found = shop.rehearse(FORWARD + forward, BACK + back)
    assert found.state == "failed", found.summary
    assert (
        "new rows collide after the rollback in kept (its sequence kept_id_seq stands behind its rows)" in found.summary
    )
    assert shop.rehearse(FORWARD + forward, f"{BACK}{back} SELECT setval('kept_id_seq', 2);").state == "done"


def test_a_sequence_that_stood_behind_before_is_not_the_rollbacks_fault(shop: Shop) -> None:
    holds(shop, "SELECT setval('kept_id_seq', 1)")
    assert shop.rehearse().state == "done"


def test_a_materialised_view_that_the_rollback_leaves_empty_is_found(shop: Shop) -> None:
    view = "CREATE MATERIALIZED VIEW words AS SELECT word FROM kept"
    holds(shop, view)
    found = shop.rehearse(f"DROP MATERIALIZED VIEW words; {FORWARD}", f"{BACK} {view} WITH NO DATA;")
    assert found.state == "failed", found.summary
    assert "materialised views have fewer rows in the end: words 0 of 2" in found.summary


def test_a_view_that_was_made_before_the_rows_were_back_is_found(shop: Shop) -> None:
    view = 'CREATE MATERIALIZED VIEW old AS SELECT id FROM "Alt ของ"'
    holds(shop, view)
    found = shop.rehearse(f"DROP MATERIALIZED VIEW old; {FORWARD}", f"{BACK} {view};")
    assert "materialised views have fewer rows in the end: old 0 of 7" in found.summary, found.summary


def test_an_errors_details_which_are_rows_of_production_are_not_told(shop: Shop) -> None:
    found = shop.rehearse("UPDATE kept SET id = NULL;")
    assert found.state == "failed"
    assert 'line 1: ERROR:  null value in column "id"' in "\n".join(found.lines), found.lines
    assert "two" not in "\n".join(found.lines) + found.output, "the row itself is told"


def test_an_error_that_quotes_an_equals_sign_is_told_with_its_line(shop: Shop) -> None:
    found = shop.rehearse("\nSELECT * FROM kept WHERE id = word;")
    assert found.state == "failed"
    assert "line 2: ERROR:  operator does not exist: integer = text" in "\n".join(found.lines), found.lines
    assert not [line for line in found.lines if "gonogo" in line], found.lines


def test_a_verify_query_that_fails_on_the_copy_stops_the_run_as_it_would_in_production(shop: Shop) -> None:
    broken = '[[verify]]\nsays = "gone"\nexpect = 1\nsql = "SELECT missing FROM kept"\n'
    found = shop.rehearse(expect=broken)
    assert found.state == "failed"
    assert "after forward, “gone” fails (ERROR:  column" in found.summary, found.summary


def test_a_verify_query_may_answer_true_or_hold_bars(shop: Shop) -> None:
    asked = '[[verify]]\nsays = "a|b"\nexpect = "True"\nsql = "SELECT true"\n'
    asked += '[[verify]]\nsays = "bars"\nexpect = "x|y"\nsql = "SELECT \'x|y\', 2"\n'
    found = shop.rehearse(expect=asked)
    assert found.state == "done", found.summary
    assert "2 verify queries agree" in found.summary


def test_numbers_agree_however_many_places_they_are_written_with(shop: Shop) -> None:
    asked = "[[verify]]\nsays = 'sum'\nexpect = 1500\nsql = 'SELECT 1500.00::numeric(12, 2)'\n"
    assert shop.rehearse(expect=asked).state == "done"
    assert shop.rehearse(expect=asked.replace("1500.00", "1500.01")).state == "failed"


def test_what_a_failing_verify_query_quotes_of_a_row_is_not_told(shop: Shop) -> None:
    found = shop.rehearse(
        expect="[[verify]]\nsays = 'codes'\nexpect = 0\nsql = 'SELECT count(*) FROM kept WHERE word::int < 0'\n"
    )
    assert 'invalid input syntax for type integer: "…"' in found.summary, found.summary


def test_words_in_a_row_change_no_role(shop: Shop) -> None:
    row = "INSERT INTO kept (word) VALUES ('Create user'), ('drop database'); ALTER TABLE kept RENAME word TO role;"
    found = shop.rehearse(FORWARD + row, BACK + "DELETE FROM kept WHERE id > 2; ALTER TABLE kept RENAME role TO word;")
    assert found.state == "done", found.summary


def test_a_setting_that_another_server_may_refuse_is_not_taken_over(shop: Shop) -> None:
    holds(shop, f"ALTER ROLE {OWNER} IN DATABASE shop SET default_transaction_read_only = on")
    found = shop.rehearse()
    do(shop.scratch, f"ALTER ROLE {OWNER} IN DATABASE shop RESET ALL")
    assert found.state == "done", found.summary + found.output


def test_a_comment_that_differs_in_a_function_is_shown(shop: Shop) -> None:
    made = "CREATE OR REPLACE FUNCTION one() RETURNS int LANGUAGE sql AS $f$\n{}SELECT 1\n$f$;"
    holds(shop, made.format("-- old\n"))
    found = shop.rehearse(FORWARD + made.format("-- new\n"), BACK + made.format(""))
    assert "does not bring the schema back" in found.summary, found.summary
    assert "< -- old" in found.lines


def test_names_are_found_on_the_copy_as_the_server_finds_them_in_production(shop: Shop) -> None:
    holds(
        shop,
        'CREATE SCHEMA "my app"; CREATE TABLE "my app".inner_one (id integer); '
        f"""ALTER ROLE {OWNER} IN DATABASE shop SET search_path = "my app", public""",
    )
    forward, back = "ALTER TABLE inner_one ADD COLUMN n integer;", "ALTER TABLE inner_one DROP COLUMN n;"
    found = shop.rehearse(forward, back, returns="", expect=ONE)
    assert found.state == "done", found.summary + found.output


def test_columns_in_another_order_are_a_remark_and_their_values_are_still_compared(shop: Shop) -> None:
    holds(shop, "ALTER TABLE kept ADD COLUMN note text DEFAULT 'n'")
    forward = "ALTER TABLE kept ADD COLUMN aside text; UPDATE kept SET aside = word; ALTER TABLE kept DROP COLUMN word;"
    back = "ALTER TABLE kept ADD COLUMN word text; UPDATE kept SET word = aside; ALTER TABLE kept DROP COLUMN aside;"
    drop, make = FORWARD.splitlines()[1], BACK.splitlines()[1]
    found = shop.rehearse(f"{forward} {drop}", f"{back} {make}", expect=ONE)
    assert found.state == "done", found.summary + found.output
    assert "columns stand in another order than before; nothing else of the schema differs" in found.lines
    lost = shop.rehearse(f"{forward} {drop}", f"{back.replace('= aside', '= note')} {make}", expect=ONE)
    assert "does not bring back the rows of public.kept" in lost.summary


def test_a_schema_that_lost_a_hundred_tables_is_told_with_its_rows(shop: Shop) -> None:
    tables = " ".join(f"CREATE TABLE t{n} (id integer PRIMARY KEY, a text, b text);" for n in range(100))
    holds(shop, tables)
    found = shop.rehearse(FORWARD + " ".join(f"DROP TABLE t{n};" for n in range(100)))
    assert found.state == "failed"
    assert "does not bring the schema back" in found.summary, found.output
    assert any(line.startswith('"Alt ของ": 7') for line in found.lines), found.lines


def test_a_rehearsal_that_does_not_begin_leaves_no_copy(shop: Shop) -> None:
    found = shop.rehearse("VACUUM kept;", proven="SELECT 1")
    assert "cannot run in a transaction" in found.summary
    assert not do(shop.url, "SELECT datname FROM pg_database WHERE datname LIKE 'gonogo%'"), (
        "a copy of production is left"
    )


def test_what_forward_does_to_the_columns_of_tables_that_stay_is_told(shop: Shop) -> None:
    forward = 'ALTER TABLE kept ADD COLUMN "Preis ฿" numeric(4,2), ALTER COLUMN word TYPE varchar(9);'
    back = 'ALTER TABLE kept DROP COLUMN "Preis ฿", ALTER COLUMN word TYPE text;'
    found = shop.rehearse(forward, back, returns="", expect=ONE)
    assert found.lines[0] == 'forward changes kept: word text → character varying(9), + "Preis ฿" numeric(4,2)'


def test_two_returns_of_a_page_are_made_one_after_the_other(shop: Shop) -> None:
    holds(shop, "CREATE TABLE other (id integer); INSERT INTO other SELECT generate_series(1, 3)")
    tables = RETURN.replace('tables = ["', 'tables = ["other", "'), RETURN
    both = [tables[0].replace(', "\\"Alt ของ\\""', ""), tables[1]]
    found = shop.rehearse(FORWARD + "DROP TABLE other;", BACK + "CREATE TABLE other (id integer);", returns=both)
    assert found.state == "done", found.summary + found.output
    assert "10 rows brought back" in found.summary


def test_a_value_that_an_error_quotes_is_not_told(shop: Shop) -> None:
    found = shop.rehearse("SELECT word::integer FROM kept;")
    assert 'line 1: ERROR:  invalid input syntax for type integer: "…"' in found.lines, found.lines
    assert "one" not in found.output.replace("gonogo", "")
