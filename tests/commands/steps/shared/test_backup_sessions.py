"""A backup that the limits on sessions would stop is found before the start; a real PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest

from bot.rehearsal.target.postgres import SUPERUSER, Postgres
from bot.rehearsal.target.programs import postgres_programs
from commands.ports.preflight import FAIL, OK, WARN, PreflightContext, PreflightResult
from commands.steps.base import execute
from tests.commands.steps.builders import box, context
from tests.commands.steps.databases import create_databases, run_sql
from tests.local_shell import LocalShell
from tests.world import World

BACKUP = 'host = "h"\ndatabase_url = "$DB"\nfolder = "$BACKUPS"\nname = "shop"\nat_least_lines = 1\n'
LIMITED = """
CREATE ROLE limited LOGIN PASSWORD 'limited' CONNECTION LIMIT {}; GRANT pg_read_all_data TO limited;
ALTER DATABASE shop CONNECTION LIMIT {}
"""
TABLES = "CREATE TABLE jobs AS SELECT generate_series(1, 9) id; CREATE TABLE users AS SELECT 1 id"


class Limited:
    """A database whose user may have only some sessions."""

    def __init__(self, postgres: Postgres, folder: Path) -> None:
        self.postgres = postgres
        self.url = f"postgresql://limited:limited@127.0.0.1:{postgres.port}/shop"
        self.shell = LocalShell({"DB": self.url, "BACKUPS": str(folder / "backups")}, postgres_programs())

    def limit(self, user: int = -1, database: int = -1) -> None:
        run_sql(self.postgres.url(SUPERUSER), LIMITED.format(user, database))

    def looked_at(self, more: str = "") -> list[PreflightResult]:
        """What the check of the backup finds before the start."""
        ctx = PreflightContext(tools=replace(World().tools(), shell=self.shell), ref="main")
        return list(box("backup", BACKUP + more).preflight()[-1].run_preflight(ctx))

    def back_up(self) -> str:
        return str(execute(box("backup", BACKUP), context(World(), shell=self.shell)).state)


@pytest.fixture
def limited(postgres: Postgres, tmp_path: Path) -> Iterator[Limited]:
    create_databases(postgres, "shop")
    run_sql(postgres.url(SUPERUSER), "DROP ROLE IF EXISTS limited")
    run_sql(postgres.url(SUPERUSER, "shop"), TABLES)
    yield Limited(postgres, tmp_path)
    create_databases(postgres, "shop")
    run_sql(postgres.url(SUPERUSER), "DROP ROLE limited")


@pytest.mark.fault("found too late, known before")
@pytest.mark.parametrize(("user", "database", "whose"), [(3, -1, "the database's user"), (-1, 3, "the database")])
def test_a_limit_on_sessions_that_the_backup_would_pass_is_found_before_the_start(
    limited: Limited, user: int, database: int, whose: str
) -> None:
    limited.limit(user, database)
    (found,) = limited.looked_at()
    assert (found.level, found.summary) == (
        FAIL,
        f"a backup with jobs = 2 opens up to 5 sessions at once, {whose} allows 3",
    )
    assert limited.back_up() == "failed"
    assert limited.looked_at("jobs = 1")[-1].level == WARN


@pytest.mark.fault("found too late, known before")
def test_sessions_that_the_application_has_now_are_counted(limited: Limited) -> None:
    limited.limit(user=6)
    assert [one.level for one in limited.looked_at()] == [OK]
    with ExitStack() as application:
        for _ in range(4):
            application.enter_context(psycopg.connect(limited.url))
        assert limited.looked_at()[-1].summary.endswith("the database's user allows 6 and has 4 now")


def test_without_a_limit_the_servers_own_counts(limited: Limited) -> None:
    limited.limit()
    assert [one.level for one in limited.looked_at()] == [OK]
    assert limited.back_up() == "done"
    assert limited.looked_at("jobs = 60")[0].summary.startswith("a backup with jobs = 60 opens up to 63 sessions")
