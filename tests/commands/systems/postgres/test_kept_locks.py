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
