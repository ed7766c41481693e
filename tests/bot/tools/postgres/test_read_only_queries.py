"""What a query cannot do on a real PostgreSQL, whatever its SQL or its values say."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest

from bot.rehearsal.target.postgres import OWNER, SUPERUSER, Postgres
from bot.tools.places import DatabasePlace
from bot.tools.postgres import database as module
from bot.tools.postgres.database import PostgresDatabase
from bot.tools.secrets import Redactor
from commands.ports.page_text import PageText
from state.errors import BadValue, Failed


@pytest.fixture
def sql(postgres: Postgres) -> Iterator[PostgresDatabase]:
    """The tool as the superuser of a database with one table `things`, a sequence and functions that write."""
    with psycopg.connect(postgres.url(SUPERUSER), autocommit=True) as connection:
        connection.execute("DROP TABLE IF EXISTS things, hacked")
        connection.execute("CREATE TABLE things (name text, added timestamptz DEFAULT now())")
        connection.execute("INSERT INTO things VALUES ('a'), ('b')")
        connection.execute(
            "CREATE OR REPLACE FUNCTION writes() RETURNS int LANGUAGE sql AS "
            "$$INSERT INTO things VALUES ('written'); SELECT 1$$"
        )
        connection.execute(
            "CREATE OR REPLACE FUNCTION leaves() RETURNS int LANGUAGE plpgsql AS "
            "$$BEGIN SET TRANSACTION READ WRITE; INSERT INTO things VALUES ('left'); RETURN 1; END$$"
        )
        connection.execute(
            "CREATE OR REPLACE FUNCTION sets() RETURNS int LANGUAGE plpgsql AS $$BEGIN PERFORM "
            "set_config('transaction_read_only', 'off', true); INSERT INTO things VALUES ('set'); RETURN 1; END$$"
        )
        yield PostgresDatabase({"db": DatabasePlace(url=postgres.url(SUPERUSER))}, {"TOKEN": "secret"}, Redactor([]))
        connection.execute("DROP TABLE IF EXISTS things, hacked; DROP FUNCTION writes, leaves, sets")


def names(postgres: Postgres) -> set[str]:
    """What the table `things` holds."""
    with psycopg.connect(postgres.url(SUPERUSER)) as connection:
        return {str(row[0]) for row in connection.execute("SELECT name FROM things")}


@pytest.mark.parametrize(
    "text",
    [
        "SET TRANSACTION READ WRITE; CREATE TABLE hacked (x int)",
        "COMMIT; CREATE TABLE hacked (x int)",
        "SELECT 1; COMMIT; CREATE TABLE hacked (x int)",
        "WITH x AS (INSERT INTO things VALUES ('x') RETURNING 1) SELECT * FROM x",
        "EXPLAIN ANALYZE DELETE FROM things",
        "COPY things TO PROGRAM 'true'",
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity",
        "SELECT pg_read_file('postmaster.pid')",
    ],
)
def test_a_query_that_is_more_than_a_question_is_not_sent(sql: PostgresDatabase, postgres: Postgres, text: str) -> None:
    with pytest.raises(Failed, match="A query on “db” was not sent: it "):
        sql.query("db", text)
    assert names(postgres) == {"a", "b"}


@pytest.mark.parametrize(
    "text", ["SELECT writes()", "SELECT leaves()", "SELECT sets()", "SELECT * FROM things FOR UPDATE"]
)
def test_a_function_of_the_database_can_neither_write_nor_leave_the_read_only_transaction(
    sql: PostgresDatabase, postgres: Postgres, text: str
) -> None:
    with pytest.raises(Failed, match=r"read-only transaction|must be set before any query"):
        sql.query("db", text)
    assert names(postgres) == {"a", "b"}


@pytest.mark.parametrize(
    "text",
    [
        "SET TRANSACTION READ WRITE; CREATE TABLE hacked (x int)",
        "SET TRANSACTION READ WRITE",
        "COMMIT; CREATE TABLE hacked (x int)",
        "SELECT set_config('transaction_read_only', 'off', true); DROP TABLE things",
        "INSERT INTO things VALUES ('x')",
        "SELECT nextval('things_seq')",
    ],
)
def test_even_without_the_check_the_session_allows_one_statement_that_reads(
    sql: PostgresDatabase, postgres: Postgres, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "query_error", lambda *_: "")
    with psycopg.connect(postgres.url(SUPERUSER), autocommit=True) as connection:
        connection.execute("CREATE SEQUENCE IF NOT EXISTS things_seq OWNED BY things.name")
    with pytest.raises(Failed):
        sql.query("db", text)
    with psycopg.connect(postgres.url(SUPERUSER)) as connection:
        assert connection.execute("SELECT to_regclass('hacked') IS NULL").fetchone() == (True,)
    assert names(postgres) == {"a", "b"}


def test_a_value_is_a_parameter_and_never_sql(sql: PostgresDatabase) -> None:
    attack = "x' OR true; DROP TABLE things; --"
    for text in ("SELECT count(*) FROM things WHERE name = <v>", "SELECT count(*) FROM things WHERE name = '<v>'"):
        assert sql.query("db", PageText(text, {"v": attack})).rows == ((0,),)
        assert sql.query("db", PageText(text, {"v": "a"})).rows == ((1,),)
    assert sql.query("db", PageText("SELECT <v>::text, '<w>'", {"v": "$TOKEN", "w": "<v>"})).rows == (
        ("$TOKEN", "<v>"),
    )


def test_numbers_times_and_patterns_are_parameters_too(sql: PostgresDatabase) -> None:
    query = "SELECT count(*) FROM things WHERE added > <since>::timestamptz AND name LIKE '%' || <v> || '%' LIMIT <n>"
    values = {"since": "2020-01-01T00:00:00+00:00", "v": "a", "n": "5"}
    assert sql.query("db", PageText(query, values)).rows == ((1,),)


def test_a_percent_sign_and_dollar_quotes_stay_sql(sql: PostgresDatabase) -> None:
    assert sql.query("db", "SELECT 7 % 4, $A$%s$A$, 'a' LIKE 'a%'").rows == ((3, "%s", True),)


def test_a_value_with_a_zero_byte_is_not_sent(sql: PostgresDatabase) -> None:
    with pytest.raises(BadValue, match="<v> has a zero byte"):
        sql.query("db", PageText("SELECT <v>", {"v": "a\0b"}))


def test_show_values_table_and_explain_are_answered(sql: PostgresDatabase) -> None:
    assert sql.query("db", "SHOW transaction_read_only").rows == (("on",),)
    assert sql.query("db", "VALUES (1)").rows == ((1,),)
    assert len(sql.query("db", "TABLE things").rows) == 2
    assert "Result" in sql.query("db", "EXPLAIN SELECT 1").rows[0][0]


def test_the_limit_of_a_query_holds(sql: PostgresDatabase) -> None:
    with pytest.raises(Failed, match="statement timeout"):
        sql.query("db", "SELECT pg_sleep(5)", limit=0.3)


def test_the_owner_of_the_tables_reads_as_before(postgres: Postgres) -> None:
    tool = PostgresDatabase({"db": DatabasePlace(url=postgres.url(OWNER))}, {}, Redactor([]))
    assert tool.query("db", "SELECT 1 AS one").rows == ((1,),)
