"""A real pgbouncer is recognised, and nothing is changed through it."""

from __future__ import annotations

import threading
import time

import psycopg
import pytest

from bot.rehearsal.target.postgres import OWNER, SUPERUSER, Postgres
from commands.ports.database import Migration
from state.errors import Failed
from state.postgres.pooler import shares_sessions
from tests.bot.tools.helpers import eventually
from tests.bot.tools.postgres.test_database import database_at
from tests.commands.steps.databases import create_databases, run_sql
from tests.pooler import pooled


def migration(text: str, lock_timeout: float = 1) -> Migration:
    return Migration(key=f"test-{time.time_ns()}", name="016.sql", text=text, lock_timeout=lock_timeout, limit=20)


def is_shared(url: str) -> bool:
    with psycopg.connect(url) as first:
        return shares_sessions(first, lambda: psycopg.connect(url))


def test_the_server_itself_is_no_pooler(postgres: Postgres) -> None:
    assert not is_shared(postgres.url(OWNER))


@pytest.mark.parametrize("mode", ["transaction", "statement"])
@pytest.mark.parametrize(("size", "round_robin"), [(1, 0), (5, 0), (2, 1), (5, 1)])
def test_a_pooler_is_recognised_however_it_chooses_among_its_processes(
    postgres: Postgres, mode: str, size: int, round_robin: int
) -> None:
    with pooled(postgres.url(OWNER), mode=mode, size=size, round_robin=round_robin) as url:
        assert is_shared(url)


@pytest.mark.parametrize(("reset", "shared"), [("", True), ("DISCARD ALL", False)])
def test_a_pooler_that_keeps_sessions_is_recognised_if_it_does_not_reset_them(
    postgres: Postgres, reset: str, shared: bool
) -> None:
    with pooled(postgres.url(OWNER), mode="session", size=5, more=f"server_reset_query = {reset}") as url:
        assert is_shared(url) is shared


@pytest.mark.fault("the session of a pooled connection")
def test_nothing_is_applied_through_a_pooler(postgres: Postgres) -> None:
    with pooled(postgres.url(OWNER)) as url:
        tool = database_at(url)
        for act in (
            lambda: tool.apply("db", migration("SET search_path = nothing;"), stop=threading.Event()),
            lambda: tool.identity("db"),
        ):
            with pytest.raises(Failed, match=r"“db” is reached through a pooler.*Use the server's own address"):
                act()
        assert tool.query("db", "SHOW search_path").rows == (('"$user", public',),)


def test_a_query_leaves_nothing_in_the_session_of_a_pooler(postgres: Postgres) -> None:
    with pooled(postgres.url(OWNER)) as url:
        tool = database_at(url)
        tool.query("db", "SELECT 1", limit=1)
        with psycopg.connect(url, autocommit=True, prepare_threshold=None) as application:
            assert application.execute("SHOW statement_timeout").fetchone() == ("0",)
            assert application.execute("SHOW default_transaction_read_only").fetchone() == ("off",)
            assert application.execute("SELECT count(*) FROM pg_prepared_statements").fetchone() == (0,)


LEFT = {
    "names": ("SELECT set_config('search_path', '', false)",),
    "a role": ("SET ROLE left_role",),
    "a temporary table": ("CREATE TEMP TABLE seven (n int)",),
    "what a query may do": ("SET enable_seqscan = off", "SET statement_timeout = '1ms'", "SET search_path = nothing"),
}


@pytest.mark.fault("the session of a pooled connection")
@pytest.mark.parametrize("left", LEFT.values(), ids=LEFT)
def test_what_another_client_left_in_a_pooled_session_changes_no_answer(postgres: Postgres, left: list[str]) -> None:
    create_databases(postgres, "shop")
    direct = postgres.url(OWNER, "shop")
    run_sql(direct, "CREATE TABLE seven AS SELECT n FROM generate_series(1, 7) n")
    run_sql(
        postgres.url(SUPERUSER), "DROP ROLE IF EXISTS left_role; CREATE ROLE left_role; GRANT left_role TO dj_owner"
    )
    # what a pooler tells the server of each client is left out
    settings = "SELECT current_user, name, setting FROM pg_settings WHERE name <> 'application_name'"
    patient = "BEGIN; SET LOCAL statement_timeout = 0"
    with pooled(direct) as url:
        tool = database_at(url)
        with psycopg.connect(url, autocommit=True, prepare_threshold=None) as other:
            for statement in left:
                other.execute(statement.encode())
            other.execute(patient)
            before = other.execute(settings).fetchall()
            other.commit()
            assert tool.query("db", "SELECT count(*) FROM seven").rows == ((7,),)
            other.execute(patient)
            assert other.execute(settings).fetchall() == before, "what the other client set is its own again"
    run_sql(postgres.url(SUPERUSER), "DROP ROLE left_role")


@pytest.mark.fault("the session of a pooled connection")
def test_the_holder_of_a_lock_is_named_behind_a_pooler_that_keeps_sessions(postgres: Postgres) -> None:
    run_sql(postgres.url(OWNER), "CREATE TABLE IF NOT EXISTS locked_things (name text)")
    said: list[str] = []
    with (
        pooled(postgres.url(OWNER), mode="session", size=5) as url,
        psycopg.connect(postgres.url(OWNER), application_name="monthly report") as holder,
    ):
        holder.execute("LOCK locked_things")
        file = migration("ALTER TABLE locked_things ADD more text", lock_timeout=3)
        with pytest.raises(Failed, match=r"The lock is held by session \d+ \(monthly report"):
            database_at(url).apply("db", file, stop=threading.Event(), on_output=said.append)
    assert eventually(lambda: any("monthly report" in line for line in said))
    run_sql(postgres.url(OWNER), "DROP TABLE locked_things")
