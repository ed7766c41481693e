"""Row-level security hides rows: it is named before the start, and no count is taken for whole."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from bot.rehearsal.target.postgres import OWNER, SUPERUSER, Postgres
from bot.rehearsal.target.programs import postgres_programs
from bot.tools.places import DatabasePlace
from bot.tools.postgres.database import PostgresDatabase
from bot.tools.secrets import Redactor
from commands.ports.preflight import FAIL, OK, WARN, PreflightContext, PreflightResult
from commands.systems.preflight.reachable import ReachableCheck
from tests.commands.steps.builders import box
from tests.commands.steps.databases import create_databases, run_sql
from tests.commands.steps.kinds.test_backup import BACKUP
from tests.local_shell import LocalShell
from tests.world import World

TABLES = """
CREATE TABLE tenants (id int, tenant text); CREATE TABLE plain (id int); CREATE TABLE shared (id int);
ALTER TABLE tenants ENABLE ROW LEVEL SECURITY; CREATE POLICY own ON tenants USING (tenant = 'mine');
"""
FORCED = "ALTER TABLE tenants FORCE ROW LEVEL SECURITY"


@pytest.fixture
def url(postgres: Postgres) -> str:
    """A database with a table whose policies do not hold for its owner."""
    create_databases(postgres, "shop")
    run_sql(postgres.url(OWNER, "shop"), TABLES)
    return postgres.url(OWNER, "shop")


def checked(url: str, folder: Path) -> Mapping[str, PreflightResult]:
    """The last result of the backup's check and of the database's own."""
    shell = LocalShell({"DB": url, "BACKUPS": str(folder)}, postgres_programs())
    database = PostgresDatabase({"db": DatabasePlace(url=url)}, {}, Redactor([]))
    ctx = PreflightContext(tools=replace(World().tools(), shell=shell, database=database), ref="main")
    backup = box("backup", BACKUP.replace("1000", "1")).preflight()[-1].run_preflight(ctx)
    return {"backup": backup[-1], "database": ReachableCheck(place=("databases", "db")).run_preflight(ctx)[-1]}


@pytest.mark.fault("found too late, known before")
def test_rows_that_the_backups_user_may_not_read_are_named_before_the_start(url: str, tmp_path: Path) -> None:
    assert checked(url, tmp_path)["backup"].level == OK, "an owner reads all rows"
    run_sql(url, FORCED)
    found = checked(url, tmp_path)["backup"]
    assert found.level == FAIL
    assert found.summary.startswith("row-level security keeps rows of tenants from the backup's user")


@pytest.mark.fault("not looked at, and said to be fine")
def test_a_user_who_sees_a_part_of_the_rows_is_warned_of(postgres: Postgres, url: str, tmp_path: Path) -> None:
    assert checked(url, tmp_path)["database"].level == OK
    run_sql(url, FORCED)
    found = checked(url, tmp_path)["database"]
    assert found.level == WARN
    assert f"user {OWNER} sees and writes only the rows of tenants that row-level security allows it" in found.summary
    assert checked(postgres.url(SUPERUSER, "shop"), tmp_path)["database"].level == OK
    assert checked(postgres.url(SUPERUSER, "shop"), tmp_path)["backup"].level == OK
