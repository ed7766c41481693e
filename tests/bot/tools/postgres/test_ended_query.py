"""A server that ends a query for a reason of its own has not found it wrong."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from bot.rehearsal.target.postgres import OWNER, SUPERUSER, Postgres
from bot.tools.postgres import ended_query
from bot.tools.postgres.database import PostgresDatabase
from state.errors import Failed, Unreachable
from tests.bot.tools.postgres.test_database import database_at

pytestmark = pytest.mark.fault("slow, taken for broken")
FUNCTIONS = """
CREATE FUNCTION ends_until(moment timestamptz, code text) RETURNS int LANGUAGE plpgsql AS $$
BEGIN
  IF clock_timestamp() < moment THEN
    RAISE 'canceling statement due to conflict with recovery' USING ERRCODE = code;
  END IF;
  RETURN 1;
END $$;
CREATE FUNCTION leaves() RETURNS bool LANGUAGE sql AS 'SELECT pg_terminate_backend(pg_backend_pid())';
"""


@pytest.fixture
def sql(postgres: Postgres, monkeypatch: pytest.MonkeyPatch) -> Iterator[PostgresDatabase]:
    monkeypatch.setattr(ended_query, "PAUSE", 0.2)
    with psycopg.connect(postgres.url(SUPERUSER), autocommit=True) as connection:
        connection.execute(FUNCTIONS)
        yield database_at(postgres.url(OWNER))
        connection.execute("DROP FUNCTION ends_until, leaves")


def ends(moment: datetime, code: str) -> str:
    return f"SELECT ends_until('{moment.isoformat()}', '{code}')"


@pytest.mark.parametrize("code", ["40001", "40P01"])
def test_a_query_that_a_standby_cancels_for_its_recovery_is_asked_again(sql: PostgresDatabase, code: str) -> None:
    moment = datetime.now(UTC) + timedelta(seconds=0.1)
    assert sql.query("db", ends(moment, code)).rows == ((1,),)


def test_a_query_that_is_always_cancelled_is_no_failure_of_what_it_asks(sql: PostgresDatabase) -> None:
    with pytest.raises(Unreachable, match="Database “db” ended a query: canceling statement due to conflict"):
        sql.query("db", ends(datetime.now(UTC) + timedelta(hours=1), "40001"))


def test_a_query_under_which_the_server_may_have_crashed_is_asked_once_more_only(
    sql: PostgresDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    pauses: list[float] = []
    monkeypatch.setattr("bot.tools.postgres.ended_query.time.sleep", pauses.append)
    with pytest.raises(Unreachable):
        sql.query("db", "SELECT leaves()")
    assert len(pauses) == 1


def test_a_server_that_closes_the_connection_is_not_reached(sql: PostgresDatabase) -> None:
    with pytest.raises(Unreachable, match="Database “db” ended a query: "):
        sql.query("db", "SELECT leaves()")


def test_what_a_query_itself_gets_wrong_is_a_failure_at_once(sql: PostgresDatabase) -> None:
    with pytest.raises(Failed, match="A query on “db” failed: canceling statement"):
        sql.query("db", ends(datetime.now(UTC) + timedelta(hours=1), "P0001"))
