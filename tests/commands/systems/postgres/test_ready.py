"""The programs on hosts wait for a PostgreSQL that has no connection free for a moment."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import ExitStack

import psycopg
import pytest

from bot.rehearsal.target.postgres import OWNER, SUPERUSER, Postgres
from commands.ports.page_text import DatabaseAddress
from commands.systems.scripts import script
from tests.commands.steps.databases import run_sql
from tests.local_shell import LocalShell

PROGRAM = script("postgres/address.sh") + 'at_address "$DATABASE"\nis_direct\necho reached\n'


def reached(url: str) -> tuple[int, str]:
    """The exit code and the last line of a program that asks for the server's sessions."""
    ended = LocalShell({"DATABASE_URL": url}).ask("h", PROGRAM, env={"DATABASE": DatabaseAddress("$DATABASE_URL")})
    return ended.code, ended.last_line


@pytest.fixture
def crowded(postgres: Postgres) -> Iterator[str]:
    """The address of a user of one connection; sessions of the owner may be left of other tests."""
    superuser, password = postgres.url(SUPERUSER), "crowded-4711"
    run_sql(superuser, f"CREATE ROLE crowded LOGIN PASSWORD '{password}' CONNECTION LIMIT 1")
    yield postgres.url(OWNER).replace(f"//{OWNER}:{postgres.passwords[OWNER]}@", f"//crowded:{password}@")
    run_sql(superuser, "DROP ROLE crowded")


@pytest.mark.fault("slow, taken for broken")
def test_a_server_without_a_free_connection_is_waited_for(crowded: str, postgres: Postgres) -> None:
    with ExitStack() as taken:
        taken.callback(run_sql, postgres.url(SUPERUSER), "ALTER ROLE crowded CONNECTION LIMIT -1")
        taken.enter_context(psycopg.connect(crowded))
        later = threading.Timer(1.5, taken.close)
        later.start()
        assert reached(crowded) == (0, "reached")
        later.join()


def test_what_no_waiting_changes_is_told_with_the_servers_words(postgres: Postgres) -> None:
    code, said = reached(postgres.url(OWNER) + "_none")
    assert (code, "does not exist" in said) == (60, True), said
