"""`rehearse`: server-wide changes, sequences, views, roles, quoted rows."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.rehearsal.target.postgres import OWNER, SUPERUSER, Postgres
from tests.commands.steps.databases import run_sql
from tests.commands.steps.kinds.rehearsed_shop import DATA_RETURN, FORWARD, ROLLBACK, VERIFY_ONE, RehearsedShop


@pytest.fixture
def shop(postgres: Postgres, tmp_path: Path) -> Iterator[RehearsedShop]:
    """Production before the deploy. After every test, it is untouched and no copy is left."""
    shop = RehearsedShop(postgres, tmp_path)
    yield shop
    shop.assert_untouched()


@pytest.mark.parametrize(
    "statement",
    [
        f"ALTER ROLE {OWNER} SET statement_timeout = '7s';",
        "DO $$ BEGIN EXECUTE 'CREATE ROLE surprise'; END $$;",
        "GRANT pg_read_all_data TO dj_app;",
    ],
)
def test_a_server_wide_change_is_refused_on_productions_own_server(shop: RehearsedShop, statement: str) -> None:
    outcome = shop.rehearse(FORWARD + statement)
    assert outcome.state == "failed", outcome.summary
    assert outcome.summary.startswith("The scratch database is on the server of the database itself")
    assert any(line.startswith("f.sql line 3: ") for line in outcome.lines), outcome.lines
    roles = "SELECT count(*) FROM pg_roles WHERE rolname = 'surprise' OR rolconfig::text LIKE '%7s%'"
    assert run_sql(shop.url, roles) == [(0,)]


def test_a_copy_cannot_reach_other_servers(shop: RehearsedShop, postgres: Postgres) -> None:
    shop.url = postgres.url(SUPERUSER, "shop")
    shop.change_production(
        "CREATE FOREIGN DATA WRAPPER far; CREATE SERVER elsewhere FOREIGN DATA WRAPPER far;"
        f"CREATE USER MAPPING FOR PUBLIC SERVER elsewhere; CREATE USER MAPPING FOR {OWNER} SERVER elsewhere",
    )
    reaches = "DO $$ BEGIN IF EXISTS (SELECT FROM pg_user_mappings) THEN RAISE 'it is within reach'; END IF; END $$;"
    outcome = shop.rehearse(reaches, "SELECT 1;", returns=(), verify=VERIFY_ONE)
    assert outcome.state == "done", outcome.output
    assert run_sql(shop.url, "SELECT count(*) FROM pg_user_mappings") == [(2,)]


def test_a_sequence_that_the_rollback_leaves_behind_its_rows_fails_the_step(shop: RehearsedShop) -> None:
    forward = "ALTER TABLE kept ALTER COLUMN id DROP DEFAULT; DROP SEQUENCE kept_id_seq;"
    rollback = (
        "CREATE SEQUENCE kept_id_seq AS integer OWNED BY kept.id; "
        "ALTER TABLE kept ALTER COLUMN id SET DEFAULT nextval('kept_id_seq');"
    )
    outcome = shop.rehearse_alone(forward, rollback)
    assert outcome.state == "failed", outcome.summary
    assert outcome.summary == (
        "On the copy, new rows would collide after the rollback in kept (sequence kept_id_seq is behind its rows). "
        "Use setval in the rollback file."
    )
    assert shop.rehearse_alone(forward, f"{rollback} SELECT setval('kept_id_seq', 2);").state == "done"
    assert shop.rehearse(FORWARD + forward, ROLLBACK + rollback).state == "done", "a `data-return` moves it on"


def test_a_sequence_that_was_behind_before_does_not_fail_the_step(shop: RehearsedShop) -> None:
    shop.change_production("SELECT setval('kept_id_seq', 1)")
    assert shop.rehearse().state == "done"


def test_a_materialized_view_that_the_rollback_leaves_empty_fails_the_step(shop: RehearsedShop) -> None:
    view = "CREATE MATERIALIZED VIEW words AS SELECT word FROM kept"
    shop.change_production(view)
    outcome = shop.rehearse(f"DROP MATERIALIZED VIEW words; {FORWARD}", f"{ROLLBACK} {view} WITH NO DATA;")
    assert outcome.state == "failed", outcome.summary
    assert "materialized views end with fewer rows: words 0 of 2." in outcome.summary


def test_a_view_that_is_created_before_the_rows_come_back_fails_the_step(shop: RehearsedShop) -> None:
    view = 'CREATE MATERIALIZED VIEW old AS SELECT id FROM "Alt ของ"'
    shop.change_production(view)
    outcome = shop.rehearse(f"DROP MATERIALIZED VIEW old; {FORWARD}", f"{ROLLBACK} {view};")
    assert "materialized views end with fewer rows: old 0 of 7." in outcome.summary, outcome.summary


@pytest.mark.fault("not looked at, and said to be fine")
def test_a_materialized_view_that_ends_with_other_rows_is_named(shop: RehearsedShop) -> None:
    shop.change_production("CREATE MATERIALIZED VIEW words AS SELECT word, count(*) FROM kept GROUP BY 1")
    refresh = "REFRESH MATERIALIZED VIEW words;"
    forward, rollback = (f"UPDATE kept SET word = {word};" for word in ("'new ' || word", "substr(word, 5)"))
    said = "; but the materialized view has other rows than before, which may need a refresh: words"
    outcome = shop.rehearse_alone(forward + refresh, rollback)
    assert (outcome.state, said in outcome.summary) == ("done", True), outcome.summary + outcome.output
    assert "materialized" not in shop.rehearse_alone(forward + refresh, rollback + refresh).summary


def test_the_details_of_an_error_are_not_shown_because_they_quote_rows(shop: RehearsedShop) -> None:
    outcome = shop.rehearse("UPDATE kept SET id = NULL;")
    assert outcome.state == "failed"
    assert 'line 1: ERROR:  null value in column "id"' in "\n".join(outcome.lines), outcome.lines
    assert "two" not in "\n".join(outcome.lines) + outcome.output, "the row itself is shown"


def test_an_error_with_an_equals_sign_is_shown_with_its_line(shop: RehearsedShop) -> None:
    outcome = shop.rehearse("\nSELECT * FROM kept WHERE id = word;")
    assert outcome.state == "failed"
    assert "line 2: ERROR:  operator does not exist: integer = text" in "\n".join(outcome.lines), outcome.lines
    assert not [line for line in outcome.lines if "gonogo" in line], outcome.lines


def test_a_verify_query_that_fails_on_the_copy_fails_the_step(shop: RehearsedShop) -> None:
    broken = '[[verify]]\nsays = "gone"\nexpect = 1\nsql = "SELECT missing FROM kept"\n'
    outcome = shop.rehearse(verify=broken)
    assert outcome.state == "failed"
    assert "after forward, “gone” fails (ERROR:  column" in outcome.summary, outcome.summary


def test_a_verify_query_may_return_true_or_text_with_bars(shop: RehearsedShop) -> None:
    verify = '[[verify]]\nsays = "a|b"\nexpect = "True"\nsql = "SELECT true"\n'
    verify += '[[verify]]\nsays = "bars"\nexpect = "x|y"\nsql = "SELECT \'x|y\', 2"\n'
    outcome = shop.rehearse(verify=verify)
    assert outcome.state == "done", outcome.summary
    assert "; 2 verify queries passed." in outcome.summary


def test_numbers_are_compared_by_value(shop: RehearsedShop) -> None:
    verify = "[[verify]]\nsays = 'sum'\nexpect = 1500\nsql = 'SELECT 1500.00::numeric(12, 2)'\n"
    assert shop.rehearse(verify=verify).state == "done"
    assert shop.rehearse(verify=verify.replace("1500.00", "1500.01")).state == "failed"


def test_a_failing_verify_query_does_not_quote_the_row(shop: RehearsedShop) -> None:
    outcome = shop.rehearse(
        verify="[[verify]]\nsays = 'codes'\nexpect = 0\nsql = 'SELECT count(*) FROM kept WHERE word::int < 0'\n"
    )
    assert 'invalid input syntax for type integer: "…"' in outcome.summary, outcome.summary


def test_server_wide_words_inside_a_row_are_not_refused(shop: RehearsedShop) -> None:
    row = "INSERT INTO kept (word) VALUES ('Create user'), ('drop database'); ALTER TABLE kept RENAME word TO role;"
    outcome = shop.rehearse(
        FORWARD + row, ROLLBACK + "DELETE FROM kept WHERE id > 2; ALTER TABLE kept RENAME role TO word;"
    )
    assert outcome.state == "done", outcome.summary


def test_a_read_only_setting_of_the_user_is_not_taken_over(shop: RehearsedShop) -> None:
    shop.change_production(f"ALTER ROLE {OWNER} IN DATABASE shop SET default_transaction_read_only = on")
    outcome = shop.rehearse()
    run_sql(shop.scratch, f"ALTER ROLE {OWNER} IN DATABASE shop RESET ALL")
    assert outcome.state == "done", outcome.summary + outcome.output


def test_a_different_comment_in_a_function_is_shown(shop: RehearsedShop) -> None:
    function = "CREATE OR REPLACE FUNCTION one() RETURNS int LANGUAGE sql AS $f$\n{}SELECT 1\n$f$;"
    shop.change_production(function.format("-- old\n"))
    outcome = shop.rehearse(FORWARD + function.format("-- new\n"), ROLLBACK + function.format(""))
    assert "does not restore the schema" in outcome.summary, outcome.summary
    assert "< -- old" in outcome.lines


@pytest.mark.parametrize(
    ("body", "state"),
    [
        ("\n\n    BEGIN\n  RETURN 1; \nEND\n", "done"),
        ("BEGIN\nRETURN 1; -- END\n", "failed"),
        ("BEGIN\nRETURN 2;\nEND", "failed"),
    ],
)
def test_a_function_that_is_only_laid_out_differently_is_as_before(shop: RehearsedShop, body: str, state: str) -> None:
    function = "CREATE FUNCTION one() RETURNS int LANGUAGE plpgsql AS $f$"
    shop.change_production(f"SET check_function_bodies = off; {function}BEGIN\n  RETURN 1;\nEND$f$")
    rollback = f"SET LOCAL check_function_bodies = off; {function}{body}$f$;"
    outcome = shop.rehearse("DROP FUNCTION one;", rollback, returns=(), verify=VERIFY_ONE)
    assert outcome.state == state, outcome.summary + outcome.output
    assert any("layout of functions differs" in line for line in outcome.lines) is (state == "done")


def test_the_search_path_of_production_applies_on_the_copy(shop: RehearsedShop) -> None:
    shop.change_production(
        'CREATE SCHEMA "my app"; CREATE TABLE "my app".inner_one (id integer); '
        f"""ALTER ROLE {OWNER} IN DATABASE shop SET search_path = "my app", public""",
    )
    forward, rollback = "ALTER TABLE inner_one ADD COLUMN n integer;", "ALTER TABLE inner_one DROP COLUMN n;"
    outcome = shop.rehearse(forward, rollback, returns=(), verify=VERIFY_ONE)
    assert outcome.state == "done", outcome.summary + outcome.output


@pytest.mark.parametrize(
    ("made", "forward", "again"),
    [
        (
            "ALTER TABLE kept ADD COLUMN note text NOT NULL DEFAULT 'n'",
            "ALTER TABLE kept DROP COLUMN note;",
            "ALTER TABLE kept ADD COLUMN note text {} DEFAULT 'n';",
        ),
        (
            'CREATE DOMAIN "a price" AS int NOT NULL DEFAULT 3 CHECK (value > 0)',
            'DROP DOMAIN "a price";',
            'CREATE DOMAIN "a price" AS int {} DEFAULT 3 CHECK (value > 0);',
        ),
    ],
    ids=["of a column", "of a domain"],
)
def test_the_name_of_not_null_is_only_reported_where_a_server_keeps_one(
    shop: RehearsedShop, made: str, forward: str, again: str
) -> None:
    shop.change_production(made)
    outcome = shop.rehearse_alone(forward, again.format('CONSTRAINT "its ""own"" name" NOT NULL'))
    assert outcome.state == "done", outcome.summary
    assert any(", names of NOT NULL or " in line for line in outcome.lines)
    assert shop.rehearse_alone(forward, again.format("")).state == "failed"


def test_columns_in_another_order_are_only_reported_and_their_values_are_compared(shop: RehearsedShop) -> None:
    shop.change_production("ALTER TABLE kept ADD COLUMN note text DEFAULT 'n'")
    forward = "ALTER TABLE kept ADD COLUMN aside text; UPDATE kept SET aside = word; ALTER TABLE kept DROP COLUMN word;"
    rollback = (
        "ALTER TABLE kept ADD COLUMN word text; UPDATE kept SET word = aside; ALTER TABLE kept DROP COLUMN aside;"
    )
    drop, create = FORWARD.splitlines()[1], ROLLBACK.splitlines()[1]
    outcome = shop.rehearse(f"{forward} {drop}", f"{rollback} {create}", verify=VERIFY_ONE)
    assert outcome.state == "done", outcome.summary + outcome.output
    differ = (
        "the order of columns, names of NOT NULL or the layout of functions differs; nothing else in the schema does"
    )
    assert differ in outcome.lines
    lost = shop.rehearse(f"{forward} {drop}", f"{rollback.replace('= aside', '= note')} {create}", verify=VERIFY_ONE)
    assert "does not restore the rows of public.kept" in lost.summary


def test_a_schema_that_lost_a_hundred_tables_is_reported_with_its_rows(shop: RehearsedShop) -> None:
    tables = " ".join(f"CREATE TABLE t{n} (id integer PRIMARY KEY, a text, b text);" for n in range(100))
    shop.change_production(tables)
    outcome = shop.rehearse(FORWARD + " ".join(f"DROP TABLE t{n};" for n in range(100)))
    assert outcome.state == "failed"
    assert "does not restore the schema" in outcome.summary, outcome.output
    assert any(line.startswith('"Alt ของ": 7') for line in outcome.lines), outcome.lines


def test_a_rehearsal_that_cannot_start_leaves_no_copy(shop: RehearsedShop) -> None:
    outcome = shop.rehearse("VACUUM kept;", change_copy="SELECT 1")
    assert "cannot run in a transaction" in outcome.summary
    assert shop.copies() == [], "a copy of production is left"


def test_changed_columns_of_tables_that_stay_are_listed(shop: RehearsedShop) -> None:
    forward = 'ALTER TABLE kept ADD COLUMN "Preis ฿" numeric(4,2), ALTER COLUMN word TYPE varchar(9);'
    rollback = 'ALTER TABLE kept DROP COLUMN "Preis ฿", ALTER COLUMN word TYPE text;'
    outcome = shop.rehearse(forward, rollback, returns=(), verify=VERIFY_ONE)
    assert outcome.lines[0] == 'forward changes kept: word text → character varying(9), + "Preis ฿" numeric(4,2)'


def test_two_data_return_steps_of_a_page_both_run(shop: RehearsedShop) -> None:
    shop.change_production("CREATE TABLE other (id integer); INSERT INTO other SELECT generate_series(1, 3)")
    both = (DATA_RETURN.replace('"\\"Alt ของ\\""', '"other"'), DATA_RETURN)
    outcome = shop.rehearse(FORWARD + "DROP TABLE other;", ROLLBACK + "CREATE TABLE other (id integer);", returns=both)
    assert outcome.state == "done", outcome.summary + outcome.output
    assert "10 rows brought back" in outcome.summary


def test_an_error_does_not_quote_a_value(shop: RehearsedShop) -> None:
    outcome = shop.rehearse("SELECT word::integer FROM kept;")
    assert 'line 1: ERROR:  invalid input syntax for type integer: "…"' in outcome.lines, outcome.lines
    assert "one" not in outcome.output.replace("gonogo", "")


@pytest.mark.fault("the first of several for all")
@pytest.mark.parametrize(
    ("sql", "state"),
    [
        ("SELECT * FROM (VALUES ('ok'), ('broken')) AS part", "failed"),
        ("SELECT * FROM (VALUES ('ok'), ('ok')) AS part", "done"),
        ("SELECT * FROM (VALUES ('ok'), ('broken')) AS part ORDER BY 1 DESC", "done"),
        ("SELECT 'ok', E'several\\nlines'", "done"),
    ],
)
def test_a_verify_query_must_be_right_in_each_row(shop: RehearsedShop, sql: str, state: str) -> None:
    verify = f"""[[verify]]\nsays = "parts"\nexpect = "ok"\nsql = '''{sql}'''\n"""
    assert shop.rehearse(verify=verify).state == state
