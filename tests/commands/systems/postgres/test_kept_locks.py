"""Who keeps locks on tables, asked of a real server by a user without more rights than others."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest

from bot.rehearsal.target.postgres import OWNER, SUPERUSER, Postgres
from commands.systems.postgres.kept_locks import keepers
from tests.bot.tools.postgres.test_database import database_at
from tests.commands.steps.databases import create_databases, run_sql


@pytest.fixture
def url(postgres: Postgres) -> Iterator[str]:
    create_databases(postgres, "shop")
    url = postgres.url(OWNER, "shop")
    run_sql(url, "CREATE TABLE orders (id int)")
    yield url
    create_databases(postgres)


def test_a_prepared_transaction_is_named_with_what_ends_it(url: str) -> None:
    run_sql(url, "BEGIN; SAVEPOINT one; INSERT INTO orders VALUES (7); PREPARE TRANSACTION 'half way'")
    try:
        [kept] = keepers(database_at(url), "db")
    finally:
        run_sql(url, "ROLLBACK PREPARED 'half way'")
    who = "the prepared transaction half way (COMMIT or ROLLBACK PREPARED ends it)"
    assert kept.words == f"{who} on public.orders"


def test_a_superusers_session_is_named_until_its_transaction_ends(url: str, postgres: Postgres) -> None:
    with psycopg.connect(postgres.url(SUPERUSER, "shop"), application_name="it's (a, report)") as session:
        session.execute("SELECT * FROM orders")
        pid = session.info.backend_pid
        [kept] = keepers(database_at(url), "db")
    assert kept.words == f"session {pid} (it's (a, report), user {SUPERUSER}) on public.orders"
    assert keepers(database_at(url), "db") == []


@pytest.mark.parametrize(
    ("taken", "words"),
    [("8675309", "8675309"), ("-3", "-3"), ("7, -2", "7, -2"), (str(2**62 + 1), str(2**62 + 1))],
)
def test_a_session_that_is_idle_with_an_advisory_lock_is_named_where_such_locks_are_asked_for(
    url: str, taken: str, words: str
) -> None:
    with (
        psycopg.connect(url, application_name="another deploy", autocommit=True) as session,
        psycopg.connect(url, application_name="gonogo", autocommit=True) as bot,
    ):
        session.execute(f"SELECT pg_advisory_lock({taken})")
        bot.execute("SELECT pg_advisory_lock(1)")
        pid = session.info.backend_pid
        [kept] = keepers(database_at(url), "db", advisory=True)
        session.execute("SELECT 1")
        assert [kept] == keepers(database_at(url), "db", advisory=True)
        assert keepers(database_at(url), "db") == []
    assert kept.words == f"session {pid} (another deploy, user {OWNER}) on advisory lock {words}"
