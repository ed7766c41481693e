"""A database that falls silent is cut off, and its state is reported truthfully."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from urllib.parse import urlsplit

import psycopg
import pytest

from bot.rehearsal.target.postgres import OWNER, Postgres
from bot.tools.postgres import database
from bot.tools.postgres.database import PostgresDatabase
from bot.tools.postgres.deadline import cut_after
from commands.ports.database import Migration
from state.errors import Failed, LostTrack, Unreachable
from tests.bot.tools.postgres.test_database import database_at
from tests.bot.tools.proxy import Proxy


@pytest.fixture
def proxied(postgres: Postgres, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Proxy, PostgresDatabase]]:
    """The database behind a proxy, with short time limits."""
    monkeypatch.setattr(database, "GRACE", 0.5)
    monkeypatch.setattr(database, "CONNECT_LIMIT", 2)
    url = postgres.url(OWNER)
    port = urlsplit(url).port
    assert port
    proxy = Proxy(port)
    yield proxy, database_at(url.replace(f":{port}/", f":{proxy.port}/"))
    proxy.close()


def test_a_connection_is_cut_at_its_deadline_and_not_before(postgres: Postgres) -> None:
    with psycopg.connect(postgres.url(OWNER)) as connection:
        with cut_after(connection, 600) as deadline:
            connection.execute("SELECT 1")
        assert not deadline.passed
        with (
            pytest.raises(psycopg.OperationalError),
            cut_after(connection, 0.2) as deadline,
        ):
            connection.execute("SELECT pg_sleep(600)")
        assert deadline.passed


def test_a_query_whose_answer_never_comes_fails(proxied: tuple[Proxy, PostgresDatabase]) -> None:
    proxy, sql = proxied
    assert sql.query("db", "SELECT 1").rows == ((1,),)
    threading.Timer(0.3, proxy.silent.set).start()
    with pytest.raises(Failed, match=r"Database “db” did not answer within 1\.5 s"):
        sql.query("db", "SELECT pg_sleep(0.8)", limit=1)


def test_a_database_that_is_silent_from_the_first_byte_is_unreachable(
    proxied: tuple[Proxy, PostgresDatabase],
) -> None:
    proxy, sql = proxied
    proxy.silent.set()
    with pytest.raises(Unreachable, match="Database “db” cannot be reached"):
        sql.query("db", "SELECT 1")


def test_a_migration_whose_result_never_comes_is_lost_and_its_receipt_tells_the_truth(
    proxied: tuple[Proxy, PostgresDatabase], postgres: Postgres
) -> None:
    proxy, sql = proxied
    text = "CREATE TABLE silent_things (n int);\nSELECT pg_sleep(0.8);\n"
    migration = Migration(key="silent", name="016.sql", text=text, lock_timeout=0.2, limit=1)
    threading.Timer(0.3, proxy.silent.set).start()
    with pytest.raises(LostTrack, match=r"connection to “db” broke while 016\.sql was applied"):
        sql.apply("db", migration, stop=threading.Event())
    applied = database_at(postgres.url(OWNER)).has_receipt("db", "silent")
    with psycopg.connect(postgres.url(OWNER), autocommit=True) as connection:
        exists = connection.execute("SELECT to_regclass('silent_things') IS NOT NULL").fetchone()
        connection.execute("DROP TABLE IF EXISTS silent_things")
    assert exists == (applied,), "the receipt and the tables must agree"
