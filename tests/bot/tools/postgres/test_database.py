"""Queries and migrations on a real PostgreSQL: applied once, all or nothing."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import psycopg
import pytest

from bot.rehearsal.target.loopback import free_port
from bot.rehearsal.target.postgres import OWNER, SUPERUSER, Postgres
from bot.tools.places import DatabasePlace
from bot.tools.postgres import database, migration_progress
from bot.tools.postgres.database import PostgresDatabase
from bot.tools.secrets import Redactor
from commands.ports.database import Migration, MigrationResult
from commands.ports.page_text import PageText
from state.errors import Failed, LostTrack, Stopped, Unreachable
from tests.commands.steps.databases import create_databases, limit_transactions, run_sql

NO_STOP = threading.Event()


def database_at(url: str) -> PostgresDatabase:
    """The tool, with one database `db`."""
    return PostgresDatabase({"db": DatabasePlace(url=url)}, {}, Redactor([]))


@pytest.fixture
def sql(postgres: Postgres) -> Iterator[PostgresDatabase]:
    """The tool on a database with one empty table `things`."""
    with psycopg.connect(postgres.url(OWNER), autocommit=True) as connection:
        connection.execute("CREATE TABLE things (name text)")
        yield database_at(postgres.url(OWNER))
        connection.execute("DROP TABLE IF EXISTS things")


def migration(text: str, *, key: str = "", lock_timeout: float = 0.3) -> Migration:
    """A migration with a key of its own."""
    return Migration(
        key=key or f"test-{time.time_ns()}", name="016.sql", text=text, lock_timeout=lock_timeout, limit=20
    )


def count(sql: PostgresDatabase) -> int:
    """How many rows the table `things` has."""
    return int(sql.query("db", "SELECT count(*) FROM things").rows[0][0])


def test_a_query_gives_columns_and_rows(sql: PostgresDatabase) -> None:
    rows = sql.query("db", "SELECT 1 AS one, 'x' AS letter")
    assert (rows.columns, rows.rows) == (("one", "letter"), ((1, "x"),))


@pytest.mark.parametrize(
    ("expression", "cell"),
    [
        ("'infinity'::timestamptz", "infinity"),
        ("'-infinity'::date", "-infinity"),
        ("'24989-07-09'::timestamp", "24989-07-09 00:00:00"),
        ("'0044-03-15 BC'::date", "0044-03-15 BC"),
        ("'24:00'::time", "24:00:00"),
        ("'2026-03-15'::date", date(2026, 3, 15)),
    ],
)
def test_a_time_that_python_has_no_value_for_is_read_as_text(
    sql: PostgresDatabase, expression: str, cell: object
) -> None:
    assert sql.query("db", f"SELECT 7, {expression}").rows == ((7, cell),)


@pytest.mark.fault("foreign words taken for the program's own")
def test_a_database_without_an_encoding_answers_in_text_or_says_what_is_none(postgres: Postgres) -> None:
    create_databases(postgres, "shop")
    server = postgres.url(SUPERUSER)
    run_sql(server, "DROP DATABASE shop")
    run_sql(server, f"CREATE DATABASE shop OWNER {OWNER} ENCODING 'SQL_ASCII' TEMPLATE template0")
    database = database_at(postgres.url(OWNER, "shop"))
    assert database.query("db", "SELECT current_user, 'ของ'").rows == ((OWNER, "ของ"),)
    with pytest.raises(Failed, match="invalid byte sequence"):
        database.query("db", r"SELECT E'caf\351'")


@pytest.fixture
def bangkok(postgres: Postgres) -> Iterator[PostgresDatabase]:
    """A database in Bangkok's time zone, with one thing of now in UTC without and with a zone."""
    create_databases(postgres, "shop")
    url = postgres.url(OWNER, "shop")
    run_sql(url, "ALTER DATABASE shop SET timezone = 'Asia/Bangkok'")
    run_sql(url, "CREATE TABLE things AS SELECT now() AT TIME ZONE 'UTC' AS bare, now() AS zoned")
    yield database_at(url)
    create_databases(postgres, "shop")


SINCE = "SELECT count(*) FROM things WHERE {} > <since>::timestamptz{}"


@pytest.mark.fault("one text, two readers")
def test_a_count_that_another_time_zone_would_change_is_no_number(bangkok: PostgresDatabase) -> None:
    since = {"since": (datetime.now(UTC) - timedelta(minutes=5)).isoformat()}
    with pytest.raises(Failed, match="another number in Asia/Bangkok than in UTC; for a column"):
        bangkok.query("db", PageText(SINCE.format("bare", ""), since), in_any_zone=True)
    for column, zone in (("zoned", ""), ("bare", " AT TIME ZONE 'UTC'")):
        assert bangkok.query("db", PageText(SINCE.format(column, zone), since), in_any_zone=True).rows == ((1,),)


def test_rows_that_are_written_between_both_counts_change_nothing(
    bangkok: PostgresDatabase, postgres: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = database._answer

    def and_write(*words: Any) -> Any:
        found = answer(*words)
        run_sql(postgres.url(OWNER, "shop"), "INSERT INTO things SELECT now(), now()")
        return found

    monkeypatch.setattr(database, "_answer", and_write)
    assert bangkok.query("db", "SELECT count(*) FROM things", in_any_zone=True).rows == ((1,),)


def test_a_query_cannot_write(sql: PostgresDatabase) -> None:
    with pytest.raises(Failed, match=r"A query on “db” was not sent: it has INSERT; only SELECT, VALUES, TABLE, SHOW"):
        sql.query("db", "INSERT INTO things VALUES ('x')")


def test_a_failing_file_changes_nothing_and_names_its_line(sql: PostgresDatabase) -> None:
    with pytest.raises(Failed, match=r"016\.sql failed at line 3") as caught:
        sql.apply(
            "db", migration("INSERT INTO things VALUES ('a');\n\nINSERT INTO nothing VALUES (1);\n"), stop=NO_STOP
        )
    assert caught.value.output == "line 3: INSERT INTO nothing VALUES (1);"
    assert count(sql) == 0


@pytest.mark.parametrize(
    ("text", "line", "quoted"),
    [
        ("SELECT 1;\n-- of ของ\nSELECT\n  1 / 0;\n", 3, "SELECT"),
        ("INSERT INTO things VALUES ('ของ;');\n\nDO $$ BEGIN RAISE 'not this'; END $$;", 3, "DO $$ BEGIN"),
        ("SELECT 'ของ';\nSELECT 1,\n  'ของ', nothing;", 3, "'ของ', nothing;"),
        ("SELECT 1;\nSELEC 2;\n", 2, "SELEC 2;"),
    ],
)
def test_a_failing_statement_is_named_by_its_line_whatever_fails_in_it(
    sql: PostgresDatabase, text: str, line: int, quoted: str
) -> None:
    with pytest.raises(Failed, match=rf"failed at line {line} and was rolled back completely") as caught:
        sql.apply("db", migration(text), stop=NO_STOP)
    assert caught.value.output.startswith(f"line {line}: {quoted}")
    assert count(sql) == 0


def test_the_message_of_a_failing_file_shows_no_row(sql: PostgresDatabase, postgres: Postgres) -> None:
    with psycopg.connect(postgres.url(OWNER), autocommit=True) as connection:
        connection.execute("INSERT INTO things VALUES ('bob@example.com'), ('bob@example.com')")
    for text in (
        "ALTER TABLE things ADD CHECK (name = 'no');",
        "ALTER TABLE things ADD UNIQUE (name);",
        "ALTER TABLE things ALTER name SET NOT NULL;\nDO $$ BEGIN UPDATE things SET name = NULL; END $$;",
        "ALTER TABLE things ALTER name TYPE integer USING name::integer;",
    ):
        with pytest.raises(Failed, match="failed at line") as caught:
            sql.apply("db", migration(text), stop=NO_STOP)
        assert caught.value.output == f"line {text.count(chr(10)) + 1}: {text.splitlines()[-1]}"
        assert "bob" not in str(caught.value)
    with pytest.raises(Failed, match='invalid input syntax for type integer: "…"') as caught:
        sql.query("db", "SELECT name::integer FROM things")


def test_a_wrong_value_from_the_file_itself_is_quoted(sql: PostgresDatabase) -> None:
    with pytest.raises(Failed, match='invalid input syntax for type integer: "four"'):
        sql.apply("db", migration("SELECT 'four'::integer;"), stop=NO_STOP)


def test_the_servers_hint_is_shown(sql: PostgresDatabase) -> None:
    with pytest.raises(Failed) as caught:
        sql.apply("db", migration("SELECT nam FROM things;"), stop=NO_STOP)
    assert caught.value.output.endswith('Perhaps you meant to reference the column "things.name".')


def test_a_file_that_fails_at_commit_says_so_and_blames_no_statement(sql: PostgresDatabase) -> None:
    deferred = "ALTER TABLE things ADD CONSTRAINT one UNIQUE (name) DEFERRABLE INITIALLY DEFERRED;"
    twice = "INSERT INTO things VALUES ('a'), ('a');\nSELECT 1;"
    with pytest.raises(Failed, match=r"016\.sql failed at COMMIT and was rolled back completely: dup") as caught:
        sql.apply("db", migration(f"{deferred}\n{twice}"), stop=NO_STOP)
    assert caught.value.output == ""
    assert count(sql) == 0


def test_a_slow_statement_is_reported_while_it_runs(sql: PostgresDatabase) -> None:
    reports: list[str] = []
    sql.apply("db", migration("SELECT 1;\nSELECT pg_sleep(1.5);\nSELECT 3;\n"), stop=NO_STOP, on_output=reports.append)
    assert reports, "nothing was reported while the statement ran"
    assert reports[0].startswith("statement 2 of 3, line 2: SELECT pg_sleep(1.5)"), reports


def test_a_file_with_semicolons_inside_statements_is_applied(sql: PostgresDatabase) -> None:
    body = "CREATE FUNCTION pg_temp.two() RETURNS int BEGIN ATOMIC SELECT 1; SELECT 2; END;"
    rule = "CREATE RULE twice AS ON INSERT TO things DO ALSO (SELECT 1; SELECT 2);"
    sql.apply("db", migration(f"{body}\n{rule}\nINSERT INTO things VALUES ('a');\n-- the end\n"), stop=NO_STOP)
    assert count(sql) == 1


@pytest.mark.fault("one text, two readers")
def test_two_statements_that_look_like_one_are_refused_and_nothing_is_committed(
    sql: PostgresDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = "INSERT INTO things VALUES ('a'); COMMIT; SELECT 1/0;"
    whole = migration_progress.Piece(text=text, first_line=1, line=1, title="the file")
    monkeypatch.setattr(database, "split_into_pieces", lambda _: [whole])
    with pytest.raises(Failed, match=r"rolled back completely: cannot insert multiple commands"):
        sql.apply("db", migration(text), stop=NO_STOP)
    assert count(sql) == 0


@pytest.mark.fault("one text, two readers")
@pytest.mark.parametrize("end", ["COMMIT", "ROLLBACK", "COMMIT AND CHAIN"])
def test_a_statement_that_ends_the_transaction_stops_the_file_and_nothing_is_called_rolled_back(
    sql: PostgresDatabase, end: str
) -> None:
    with pytest.raises(LostTrack, match=r"016\.sql ended the bot's transaction at line 2: what came before that line"):
        sql.apply("db", migration(f"SELECT 1;\n{end};\nINSERT INTO things VALUES ('a');"), stop=NO_STOP)
    assert count(sql) == 0, "what stood behind it was run"


@pytest.mark.parametrize("copy", ["COPY things TO STDOUT", "COPY things FROM STDIN"])
def test_a_copy_that_waits_for_a_client_fails_and_changes_nothing(sql: PostgresDatabase, copy: str) -> None:
    with pytest.raises(Failed, match="rolled back completely: COPY to or from the client needs psql"):
        sql.apply("db", migration(f"INSERT INTO things VALUES ('a');\n{copy};\nSELECT 1;"), stop=NO_STOP)
    assert count(sql) == 0


@pytest.mark.parametrize("way", ["SET standard_conforming_strings = off", "SELECT set_config('{}', 'off', false)"])
def test_a_session_that_reads_quotes_otherwise_is_refused_and_nothing_is_committed(
    sql: PostgresDatabase, way: str
) -> None:
    text = (
        f"INSERT INTO things VALUES ('a');\n{way.format('standard_conforming_strings')};\nSELECT '\\'; SELECT 1; --';"
    )
    with pytest.raises(Failed, match=r"016\.sql failed at line 2 .* standard_conforming_strings is off here"):
        sql.apply("db", migration(text), stop=NO_STOP)
    assert count(sql) == 0


def test_a_database_that_reads_quotes_otherwise_is_refused_before_the_first_statement(postgres: Postgres) -> None:
    off = f"{postgres.url(OWNER)}?options=-c%20standard_conforming_strings%3Doff"
    with pytest.raises(Failed, match=r"failed .*standard_conforming_strings is off here"):
        database_at(off).apply("db", migration("SELECT 1;"), stop=NO_STOP)


@pytest.mark.fault("one text, two readers")
def test_names_with_dollars_are_no_quotes(sql: PostgresDatabase) -> None:
    sql.apply("db", migration("CREATE TEMP TABLE a$b$c (x int);\nCREATE TEMP TABLE ที่$e$f (y int);"), stop=NO_STOP)


def test_a_byte_order_mark_and_a_transaction_around_everything_are_left_out(sql: PostgresDatabase) -> None:
    sql.apply("db", migration("\ufeffBEGIN;\nINSERT INTO things VALUES ('a');\nCOMMIT;\n"), stop=NO_STOP)
    assert count(sql) == 1


def test_a_file_has_the_pages_limit_and_not_that_of_the_applications_transactions(
    sql: PostgresDatabase, postgres: Postgres
) -> None:
    limit_transactions(postgres.url(OWNER), "transaction_timeout", "1s")
    try:
        sql.apply("db", migration("SELECT pg_sleep(1.5); INSERT INTO things VALUES ('a')"), stop=NO_STOP)
        assert count(sql) == 1
    finally:
        name = sql.query("db", "SELECT current_database()").rows[0][0]
        run_sql(postgres.url(OWNER), f"ALTER DATABASE {name} RESET transaction_timeout")


def test_a_file_is_applied_once(sql: PostgresDatabase) -> None:
    once = migration("INSERT INTO things VALUES ('a');")
    assert not sql.has_receipt("db", once.key)
    assert not sql.apply("db", once, stop=NO_STOP).already
    assert sql.apply("db", once, stop=NO_STOP).already
    assert sql.has_receipt("db", once.key)
    assert count(sql) == 1


def test_four_sessions_at_once_apply_a_file_once(sql: PostgresDatabase) -> None:
    once = migration("INSERT INTO things VALUES ('a'); SELECT pg_sleep(0.2);", lock_timeout=5)
    results: list[MigrationResult] = []
    threads = [threading.Thread(target=lambda: results.append(sql.apply("db", once, stop=NO_STOP))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(result.already for result in results) == [False, True, True, True]
    assert count(sql) == 1


def test_a_lock_that_is_not_released_names_its_holder_and_changes_nothing(
    sql: PostgresDatabase, postgres: Postgres
) -> None:
    reports: list[str] = []
    with psycopg.connect(postgres.url(OWNER), application_name="a forgotten report") as other:
        other.execute("LOCK TABLE things IN ACCESS SHARE MODE")
        with pytest.raises(Failed, match=r"The lock is held by session .*a forgotten report") as caught:
            waits = migration("ALTER TABLE things ADD COLUMN extra int;", lock_timeout=0.8)
            sql.apply("db", waits, stop=NO_STOP, on_output=reports.append)
    assert any(re.search("waiting for a lock held by session .*a forgotten report", line) for line in reports), reports
    assert "3 times; nothing was changed" in str(caught.value)


@contextmanager
def crossing(postgres: Postgres, times: int) -> Iterator[Callable[[str], None]]:
    """A session that reads the tables `more` and `things` in the other order, as soon as a migration waits for it.

    Gives a listener, with which the next attempt waits until the session is there again.
    """
    run_sql(postgres.url(OWNER), "CREATE TABLE more (name text)")

    def read_both() -> None:
        with psycopg.connect(postgres.url(SUPERUSER), application_name="a report") as other:
            other.execute("SET deadlock_timeout = '1min'")  # so that PostgreSQL never ends this one
            for _ in range(times):
                other.execute("SELECT * FROM more")
                there.release()
                while not run_sql(postgres.url(SUPERUSER), WAITS):
                    time.sleep(0.05)
                other.execute("SELECT * FROM things")
                other.rollback()

    there = threading.Semaphore(0)
    thread = threading.Thread(target=read_both, daemon=True)
    thread.start()
    there.acquire(timeout=30)

    def again(line: str) -> None:
        if line.startswith("attempt") and times > 1:
            there.acquire(timeout=30)

    yield again
    thread.join(30)
    run_sql(postgres.url(OWNER), "DROP TABLE more")


WAITS = "SELECT 1 FROM pg_locks WHERE NOT granted AND relation = to_regclass('more')"
BOTH = "ALTER TABLE things ADD COLUMN a int; INSERT INTO things VALUES ('x'); ALTER TABLE more ADD COLUMN b int;"


def test_a_deadlock_with_the_applications_sessions_is_tried_again_and_applied_once(
    sql: PostgresDatabase, postgres: Postgres
) -> None:
    reports: list[str] = []
    both = migration(BOTH, lock_timeout=20)
    with crossing(postgres, 1):
        assert not sql.apply("db", both, stop=NO_STOP, on_output=reports.append).already
    assert count(sql) == 1
    assert sql.has_receipt("db", both.key)
    (again,) = [line for line in reports if line.startswith("attempt")]
    assert re.fullmatch(
        r"attempt 1 of 3: it and session \d+ \(a report, user .* waited for each other; nothing was changed yet", again
    )


def test_a_deadlock_at_each_attempt_names_the_other_session_and_changes_nothing(
    sql: PostgresDatabase, postgres: Postgres
) -> None:
    both = migration(BOTH, lock_timeout=20)
    with crossing(postgres, 3) as listener, pytest.raises(Failed) as caught:
        sql.apply("db", both, stop=NO_STOP, on_output=listener)
    assert re.fullmatch(
        r"016.sql was ended by a deadlock at attempt 3; nothing was changed. "
        r"It and session \d+ \(a report, user .*\) waited for each other.",
        str(caught.value),
    )
    assert (count(sql), sql.has_receipt("db", both.key)) == (0, False)


def test_stop_ends_the_wait_for_a_lock_between_two_attempts(sql: PostgresDatabase, postgres: Postgres) -> None:
    stop = threading.Event()
    with psycopg.connect(postgres.url(OWNER)) as other:
        other.execute("LOCK TABLE things IN ACCESS SHARE MODE")
        waits = migration("ALTER TABLE things ADD COLUMN extra int;", lock_timeout=0.1)
        with pytest.raises(Stopped, match="nothing was applied"):
            sql.apply("db", waits, stop=stop, on_output=lambda _: stop.set())


def test_stop_cancels_the_statement_and_nothing_is_applied(sql: PostgresDatabase) -> None:
    stop = threading.Event()
    threading.Timer(0.4, stop.set).start()
    # without the cancel, the statement would sleep past the test's time limit
    slow = replace(migration("INSERT INTO things VALUES ('a'); SELECT pg_sleep(3600);"), limit=3600)
    with pytest.raises(Stopped, match=r"016\.sql was cancelled; nothing was applied\."):
        sql.apply("db", slow, stop=stop)
    assert count(sql) == 0


def test_the_server_checks_for_the_bot_while_a_file_runs(sql: PostgresDatabase) -> None:
    interval = "SELECT 1 / (current_setting('client_connection_check_interval') = '1s')::int;"
    assert not sql.apply("db", migration(interval), stop=NO_STOP).already
    assert sql.query("db", "SHOW client_connection_check_interval").rows == (("0",),)


def test_a_server_too_old_to_check_for_the_bot_still_applies_files(
    sql: PostgresDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    older = database.CLIENT_CHECKS.replace("client_connection_check_interval", "of_a_newer_postgres")
    monkeypatch.setattr(database, "CLIENT_CHECKS", older)
    sql.apply("db", migration("INSERT INTO things VALUES ('a');"), stop=NO_STOP)
    assert count(sql) == 1


def test_a_prisma_address_is_accepted(postgres: Postgres) -> None:
    assert database_at(postgres.url(OWNER) + "?schema=public&connection_limit=5").query("db", "SELECT 1").rows == (
        (1,),
    )


@pytest.mark.parametrize("url", ["", "mysql://u:p@h/d", "localhost"])
def test_an_address_that_is_not_postgresql_is_refused(url: str) -> None:
    with pytest.raises(Unreachable, match="must be a postgresql:// URL"):
        database_at(url).query("db", "SELECT 1")


def test_the_message_of_an_unreachable_database_hides_its_password(postgres: Postgres) -> None:
    password = postgres.passwords[OWNER]
    with pytest.raises(Unreachable, match="Database “db” cannot be reached") as caught:
        database_at(f"postgresql://{OWNER}:{password}@127.0.0.1:{free_port()}/x").query("db", "SELECT 1")
    assert password not in str(caught.value)


def test_a_refused_database_is_named_with_the_refusal_and_not_with_libpqs_question() -> None:
    with pytest.raises(Unreachable, match=r"cannot be reached: Connection refused \(at 127\.0\.0\.1, port \d+\)$"):
        database_at(f"postgresql://shop@127.0.0.1:{free_port()}/x").query("db", "SELECT 1")


def test_a_secret_in_a_row_is_masked_and_other_values_keep_their_types(sql: PostgresDatabase) -> None:
    sql._redact.learn("s3cr3t-0001")
    assert sql.query("db", "SELECT 'a s3cr3t-0001 b', 7, true, NULL").rows == (("a ••• b", 7, True, None),)
