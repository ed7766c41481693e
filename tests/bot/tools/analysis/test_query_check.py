"""A query only reads: by PostgreSQL's own parser, before it is sent anywhere."""

from __future__ import annotations

import pytest

from bot.tools.analysis.query_check import MAX_LENGTH, page_query_error, query_error


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT count(*) FROM jobs;",
        "VALUES (1), (2)",
        "TABLE jobs",
        "SHOW server_version",
        "EXPLAIN SELECT 1",
        "EXPLAIN (ANALYZE) SELECT 1",
        "WITH bad AS (SELECT 1) SELECT * FROM bad UNION ALL TABLE bad",
        "SELECT pg_database_size(current_database()), pg_is_in_recovery(), now() - pg_postmaster_start_time()",
        "SELECT count(*) FROM pg_stat_activity WHERE query ILIKE '%; DROP TABLE%'",
        "SELECT has_table_privilege('dj_app', oid, 'INSERT') FROM pg_class -- ; DELETE",
    ],
)
def test_a_question_is_sent(sql: str) -> None:
    assert query_error(sql) == ""


@pytest.mark.parametrize(
    ("sql", "why"),
    [
        ("SET TRANSACTION READ WRITE; CREATE TABLE hacked (x int)", "2 statements"),
        ("SELECT 1; SELECT 2", "2 statements"),
        ("COMMIT", "TRANSACTION"),
        ("ROLLBACK; DROP TABLE jobs", "2 statements"),
        ("SET default_transaction_read_only = off", "VARIABLE SET"),
        ("SET SESSION CHARACTERISTICS AS TRANSACTION READ WRITE", "VARIABLE SET"),
        ("CREATE TABLE x (a int)", "CREATE"),
        ("CREATE TABLE x AS SELECT 1", "CREATE TABLE AS"),
        ("SELECT 1 AS a INTO x", "INTO"),
        ("INSERT INTO jobs VALUES (1)", "INSERT"),
        ("WITH gone AS (DELETE FROM jobs RETURNING 1) SELECT * FROM gone", "DELETE"),
        ("EXPLAIN ANALYZE DELETE FROM jobs", "DELETE"),
        ("EXPLAIN ANALYZE CREATE TABLE x AS SELECT 1", "CREATE TABLE AS"),
        ("EXPLAIN EXECUTE something", "EXECUTE"),
        ("COPY jobs TO PROGRAM 'id'", "COPY"),
        ("DO $$ BEGIN COMMIT; END $$", "DO"),
        ("CALL clean_up()", "CALL"),
        ("LOCK TABLE jobs", "LOCK"),
        ("NOTIFY x", "NOTIFY"),
        ("PREPARE x AS SELECT 1", "PREPARE"),
        ("VACUUM", "VACUUM"),
        ("LOAD 'x'", "LOAD"),
        ("ALTER SYSTEM SET work_mem = '1GB'", "ALTER SYSTEM"),
        ("", "0 statements"),
        ("SELEC 1", "cannot be parsed"),
    ],
)
def test_anything_else_is_refused(sql: str, why: str) -> None:
    assert why in query_error(sql)


@pytest.mark.parametrize(
    "call",
    [
        "pg_terminate_backend(1)",
        "pg_catalog.pg_cancel_backend(1)",
        '"pg_terminate_backend"(1)',
        'U&"pg\\005fterminate_backend"(1)',
        "PG_Terminate_Backend(1)",
        "dblink('dbname=x', 'DROP TABLE jobs')",
        "pg_background_launch('DROP TABLE jobs')",
        "postgres_fdw_disconnect_all()",
        "set_limit(0.1)",
        "public.dblink_exec('DROP TABLE jobs')",
        "lo_export(1, '/tmp/x')",
        "lo_import('/etc/passwd')",
        "lo_unlink(1)",
        "pg_read_file('/etc/passwd')",
        "pg_read_binary_file('/etc/passwd')",
        "pg_ls_dir('/')",
        "nextval('s')",
        "setval('s', 1)",
        "pg_advisory_lock(1)",
        "pg_try_advisory_xact_lock(1)",
        "set_config('transaction_read_only', 'off', false)",
        "pg_notify('x', 'y')",
        "pg_reload_conf()",
        "pg_switch_wal()",
        "pg_create_restore_point('x')",
        "pg_drop_replication_slot('x')",
        "pg_logical_emit_message(false, 'x', 'y')",
        "pg_stat_reset()",
        "query_to_xml('SELECT pg_terminate_backend(1)', true, true, '')",
        "ts_stat('SELECT pg_terminate_backend(1)')",
    ],
)
def test_a_function_that_acts_outside_the_query_is_refused_wherever_it_is_called(call: str) -> None:
    for sql in (
        f"SELECT {call}",
        f"SELECT * FROM {call} AS x",
        f"SELECT 1 WHERE EXISTS (SELECT {call})",
        f"SELECT CASE WHEN true THEN ({call})::text END",
        f"EXPLAIN ANALYZE SELECT {call}",
        f"SELECT 1 ORDER BY {call}",
        f"VALUES ({call})",
        f"WITH x AS MATERIALIZED (SELECT {call}) SELECT 1 FROM x",
    ):
        assert "which acts outside the query" in query_error(sql), sql


@pytest.mark.parametrize(
    "sql",
    ["SELECT " + "NOT " * 3000 + "true", "SELECT 1" + "+1" * 9000, "SELECT " + "f(" * 5000, "SELECT " + "(" * 19000],
)
def test_a_monstrous_query_is_refused_and_ends_nothing(sql: str) -> None:
    assert query_error(sql)
    assert query_error(sql * (MAX_LENGTH // len(sql) + 1)).endswith(f"and {MAX_LENGTH} are the most")


@pytest.mark.parametrize("sql", ["SELECT 1 WHERE a = <commit>", "SELECT '<commit>'", "SELECT <a> || <b> || '<a>'"])
def test_a_value_of_the_page_may_be_a_parameter(sql: str) -> None:
    assert page_query_error(sql) == ""


@pytest.mark.parametrize("sql", ["SELECT '%<a>%'", "SELECT 1 -- <a>", "SELECT $$<a>$$", 'SELECT 1 AS "<a>"'])
def test_a_value_inside_a_text_or_a_comment_is_named_on_the_page(sql: str) -> None:
    assert page_query_error(sql) == (
        "a value in it stands inside a text or a comment; write it alone, like '%' || <name> || '%'"
    )


@pytest.mark.parametrize("sql", ["SELECT 1 FROM <a>", "SELECT 1 LIMIT 1 <a>", "<a>"])
def test_a_value_is_never_a_table_or_a_part_of_the_statement(sql: str) -> None:
    assert "cannot be parsed" in page_query_error(sql)
