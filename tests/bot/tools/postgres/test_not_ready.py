"""A PostgreSQL that starts, or has no connection free for a moment, is waited for."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import ExitStack

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

PASSWORD = "not-ready-4711"
TABLE = Migration(key="not-ready/1", name="016.sql", text="CREATE TABLE later (n int)", lock_timeout=1, limit=20)


def database_at(url: str) -> PostgresDatabase:
    return PostgresDatabase({"db": DatabasePlace(url=url)}, {}, Redactor([]))


@pytest.fixture
def crowded(postgres: Postgres) -> Iterator[str]:
    """The address of a user with the owner's rights and one connection; the owner's own are others' in other tests."""
    user, superuser = "not_ready", postgres.url(SUPERUSER)
    run_sql(superuser, f"CREATE ROLE {user} LOGIN PASSWORD '{PASSWORD}' IN ROLE {OWNER} CONNECTION LIMIT 1")
    yield postgres.url(OWNER).replace(f"//{OWNER}:{postgres.passwords[OWNER]}@", f"//{user}:{PASSWORD}@")
    run_sql(superuser, f"DROP OWNED BY {user}; DROP ROLE {user}")


@pytest.mark.fault("slow, taken for broken")
def test_a_query_that_finds_no_free_connection_waits_for_one(crowded: str) -> None:
    with ExitStack() as taken:
        taken.enter_context(psycopg.connect(crowded))
        later = threading.Timer(1.5, taken.close)
        later.start()
        assert database_at(crowded).query("db", "SELECT 7").rows == ((7,),)
        later.join()


@pytest.mark.fault("slow, taken for broken")
def test_a_file_is_applied_once_the_server_has_a_connection_free(crowded: str, postgres: Postgres) -> None:
    with ExitStack() as taken:
        taken.enter_context(psycopg.connect(crowded))

        def free() -> None:
            run_sql(postgres.url(SUPERUSER), "ALTER ROLE not_ready CONNECTION LIMIT -1")
            taken.close()

        later = threading.Timer(1.5, free)
        later.start()
        assert not database_at(crowded).apply("db", TABLE, stop=threading.Event()).already
        later.join()


def test_a_stop_ends_the_wait_for_a_connection(crowded: str) -> None:
    stop = threading.Event()
    with psycopg.connect(crowded):
        threading.Timer(0.5, stop.set).start()
        with pytest.raises(Stopped, match="was stopped before it started; nothing was applied"):
            database_at(crowded).apply("db", TABLE, stop=stop)


@pytest.mark.timeout(60)  # it would be asked for an hour
@pytest.mark.parametrize("change", ["user", "password", "database"])
def test_what_no_waiting_changes_is_told_at_once(postgres: Postgres, change: str) -> None:
    url = postgres.url(OWNER)
    wrong = {"user": url.replace(f"//{OWNER}:", "//nobody:"), "password": url.replace("@", "x@"), "database": f"{url}x"}
    with pytest.raises(psycopg.OperationalError):
        connect_when_ready(wrong[change], {}, "test", 10, patience=3600, stop=threading.Event())
