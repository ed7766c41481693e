"""A PostgreSQL that starts, or has no connection free for a moment, is waited for."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import psycopg
import pytest

from bot.rehearsal.target.postgres import OWNER, SUPERUSER, Postgres
from bot.tools.places import DatabasePlace
from bot.tools.postgres.connect import connect_when_ready
from bot.tools.postgres.database import PostgresDatabase
from bot.tools.secrets import Redactor
from commands.ports.database import Migration
from state.errors import Stopped
from tests.commands.steps.databases import run_sql

TABLE = Migration(key="not-ready/1", name="016.sql", text="CREATE TABLE later (n int)", lock_timeout=1, limit=20)


def database_at(url: str) -> PostgresDatabase:
    return PostgresDatabase({"db": DatabasePlace(url=url)}, {}, Redactor([]))


def limit_connections(postgres: Postgres, most: int) -> None:
    """How many the owner may have at a time; -1: any number."""
    run_sql(postgres.url(SUPERUSER), f"ALTER ROLE {OWNER} CONNECTION LIMIT {most}")


@contextmanager
def full(postgres: Postgres) -> Iterator[ExitStack]:
    """The owner's one connection is taken until the stack is closed."""
    try:
        with ExitStack() as taken:
            taken.enter_context(psycopg.connect(postgres.url(OWNER)))
            limit_connections(postgres, 1)
            yield taken
    finally:
        limit_connections(postgres, -1)


@pytest.mark.fault("slow, taken for broken")
def test_a_query_that_finds_no_free_connection_waits_for_one(postgres: Postgres) -> None:
    with full(postgres) as taken:
        later = threading.Timer(1.5, taken.close)
        later.start()
        # a third of its limit, so that there is time for a busy machine, too
        assert database_at(postgres.url(OWNER)).query("db", "SELECT 7", limit=30).rows == ((7,),)
        later.join()


@pytest.mark.fault("slow, taken for broken")
def test_a_file_is_applied_once_the_server_has_a_connection_free(postgres: Postgres) -> None:
    sql = database_at(postgres.url(OWNER))
    with full(postgres) as taken:

        def free() -> None:
            limit_connections(postgres, -1)
            taken.close()

        later = threading.Timer(1.5, free)
        later.start()
        assert not sql.apply("db", TABLE, stop=threading.Event()).already
        later.join()
    run_sql(postgres.url(OWNER), "DROP TABLE later")


def test_a_stop_ends_the_wait_for_a_connection(postgres: Postgres) -> None:
    stop = threading.Event()
    with full(postgres):
        threading.Timer(0.5, stop.set).start()
        with pytest.raises(Stopped, match="was stopped before it started; nothing was applied"):
            database_at(postgres.url(OWNER)).apply("db", TABLE, stop=stop)


@pytest.mark.timeout(60)  # it would be asked for an hour
@pytest.mark.parametrize("change", ["user", "password", "database"])
def test_what_no_waiting_changes_is_told_at_once(postgres: Postgres, change: str) -> None:
    url = postgres.url(OWNER)
    wrong = {"user": url.replace(f"//{OWNER}:", "//nobody:"), "password": url.replace("@", "x@"), "database": f"{url}x"}
    with pytest.raises(psycopg.OperationalError):
        connect_when_ready(wrong[change], {}, "test", 10, patience=3600, stop=threading.Event())
