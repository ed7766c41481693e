"""Who blocks a session: asked again and again, on one connection."""

from __future__ import annotations

import psycopg
import pytest

from bot.rehearsal.target.postgres import OWNER, Postgres
from bot.tools.postgres import lock_holders
from bot.tools.postgres.lock_holders import LockHolders, holder_words
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


@pytest.mark.fault("a cause that nobody has seen")
def test_a_prepared_transaction_that_has_no_session_any_more_is_named(postgres: Postgres) -> None:
    holders = LockHolders(Connections(postgres.url(OWNER)))
    with psycopg.connect(postgres.url(OWNER), autocommit=True) as other:
        other.execute("CREATE TABLE kept (a int)")
        other.execute("BEGIN; LOCK kept; PREPARE TRANSACTION 'left-over'")
    with psycopg.connect(postgres.url(OWNER)) as waiting:
        pid = waiting.info.backend_pid
        waiting.pgconn.send_query(b"BEGIN; LOCK kept")
        said = "a prepared transaction (of this database: left-over): end it by COMMIT PREPARED or ROLLBACK PREPARED"
        assert eventually(lambda: holders.of(pid) == said)
        waiting.pgconn.finish()
    with psycopg.connect(postgres.url(OWNER), autocommit=True) as other:
        other.execute("ROLLBACK PREPARED 'left-over'")
        other.execute("DROP TABLE kept")
    holders.close()


@pytest.mark.fault("a cause that nobody has seen")
def test_the_servers_own_processes_are_called_so() -> None:
    autovacuum = "autovacuum (process 7, to prevent wraparound), which goes on until it has finished the table"
    assert holder_words(7, "", None, "active", "wraparound") == autovacuum
    assert (
        holder_words(7, "", None, "active", "autovacuum worker") == "autovacuum worker of the server itself (process 7)"
    )
    assert holder_words(7, "", None, None) == "a process of the server itself (process 7)"
    assert holder_words(7, "psql", "ana", None) == "session 7 (psql, user ana, state not visible)"
    assert holder_words(7, None, "ana", "active", "client backend") == "session 7 (no name, user ana, active)"
