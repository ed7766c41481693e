"""Who blocks a session: asked again and again, on one connection."""

from __future__ import annotations

import psycopg
import pytest

from bot.rehearsal.target.postgres import OWNER, Postgres
from bot.tools.postgres import lock_holders
from bot.tools.postgres.lock_holders import LockHolders
from tests.bot.tools.helpers import eventually


class Connections:
    """Counts the connections that are made."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.made: list[psycopg.Connection] = []

    def __call__(self) -> psycopg.Connection:
        self.made.append(psycopg.connect(self.url))
        return self.made[-1]


def test_each_question_sees_the_sessions_of_its_moment_on_one_connection(postgres: Postgres) -> None:
    connections = Connections(postgres.url(OWNER))
    holders = LockHolders(connections)
    with (
        psycopg.connect(connections.url) as waiting,
        psycopg.connect(connections.url, application_name="a report") as other,
    ):
        pid = waiting.info.backend_pid
        assert holders.of(pid) == ""
        other.execute("SELECT pg_advisory_xact_lock(4711)")
        waiting.pgconn.send_query(b"SELECT pg_advisory_xact_lock(4711)")
        assert eventually(lambda: "a report" in holders.of(pid))
        other.commit()
        assert eventually(lambda: holders.of(pid) == "")
        waiting.pgconn.finish()
    holders.close()
    assert [made.closed for made in connections.made] == [True]


def test_a_connection_that_is_lost_is_an_error_of_the_driver(
    postgres: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lock_holders, "BLOCKERS", "SELECT %s, pg_sleep(3600)")
    monkeypatch.setattr(lock_holders, "LIMIT", 0.2)
    holders = LockHolders(Connections(postgres.url(OWNER)))
    with pytest.raises(psycopg.OperationalError):
        holders.of(1)
    holders.close()
