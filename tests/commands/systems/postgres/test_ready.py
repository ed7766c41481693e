"""The programs on hosts wait for a PostgreSQL that has no connection free for a moment."""

from __future__ import annotations

import threading
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


@pytest.mark.fault("slow, taken for broken")
def test_a_server_without_a_free_connection_is_waited_for(postgres: Postgres) -> None:
    def limit(most: int) -> None:
        run_sql(postgres.url(SUPERUSER), f"ALTER ROLE {OWNER} CONNECTION LIMIT {most}")

    with ExitStack() as taken:
        limit(1)
        taken.callback(limit, -1)
        taken.enter_context(psycopg.connect(postgres.url(OWNER)))
        later = threading.Timer(1.5, taken.close)
        later.start()
        assert reached(postgres.url(OWNER)) == (0, "reached")
        later.join()


def test_what_no_waiting_changes_is_told_with_the_servers_words(postgres: Postgres) -> None:
    code, said = reached(postgres.url(OWNER) + "_none")
    assert (code, "does not exist" in said) == (60, True), said
