"""`migrate`: a lock or a row of a killed tool, which keeps it from starting, is found before."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest

from bot.tools.places import DatabasePlace
from bot.tools.postgres.database import PostgresDatabase
from bot.tools.secrets import Redactor
from commands.ports.page_text import DatabaseAddress
from commands.ports.preflight import PreflightContext, PreflightResult
from commands.steps.base import execute
from commands.steps.outcome import Outcome
from commands.systems.migrations.lock_check import MigrationLockCheck
from commands.systems.migrations.locks import GOLANG_MIGRATE
from tests.commands.steps.builders import box
from tests.commands.steps.databases import run_sql
from tests.commands.steps.kinds.test_migrate import COMMON, Project, url
from tests.commands.steps.kinds.test_migrate_tools import RAILS, rails
from tests.world import World

__all__ = ["rails", "url"]  # fixtures
KIND = "found too late, known before"
NAMED = 'database = "db"\nverify = [{ says = "x", expect = 1, sql = "SELECT 1" }]\n'
ROWS = {
    "knex": (
        "CREATE TABLE knex_migrations_lock (index serial PRIMARY KEY, is_locked int)",
        "INSERT INTO knex_migrations_lock (is_locked) VALUES (1)",
        "UPDATE knex_migrations_lock SET is_locked = 0",
        "table public.knex_migrations_lock",
        "knex migrate:unlock",
    ),
    "liquibase": (
        'CREATE SCHEMA "Audit"; CREATE TABLE "Audit".databasechangeloglock (id int, locked bool, lockedby text)',
        """INSERT INTO "Audit".databasechangeloglock VALUES (1, true, 'a pod that is gone')""",
        'UPDATE "Audit".databasechangeloglock SET locked = false',
        'table "Audit".databasechangeloglock',
        "liquibase releaseLocks",
    ),
}


def own_commands(forward: str) -> str:
    """A box with the page's own commands."""
    return f"{COMMON}{NAMED}state = 'echo 1'\nforward = '{forward}'\nmay_be_empty = true\n"


def database(url: str) -> PostgresDatabase:
    return PostgresDatabase({"db": DatabasePlace(url=DatabaseAddress(url))}, {}, Redactor([]))


def look(toml: str, url: str) -> list[PreflightResult]:
    """What the check of locks finds before the start."""
    (check,) = (one for one in box("migrate", toml).preflight() if isinstance(one, MigrationLockCheck))
    tools = replace(World().tools(), database=database(url))
    return check.run_preflight(PreflightContext(tools=tools, ref="main"))


def run(project: Project, toml: str, url: str, attempt: int = 1) -> Outcome:
    ctx = project.context(attempt=attempt)
    return execute(box("migrate", toml), replace(ctx, tools=replace(ctx.tools, database=database(url))))


@pytest.fixture
def holder(url: str) -> Iterator[psycopg.Connection]:
    """A session that has the lock of Rails' migrations, and does nothing, as one that a pooler keeps."""
    name = str(run_sql(url, "SELECT current_database()")[0][0])
    with psycopg.connect(url, autocommit=True) as session:
        session.execute("SELECT pg_advisory_lock(%s)", [2053462845 * zlib.crc32(name.encode())])
        yield session


@pytest.mark.fault(KIND)
def test_a_lock_of_rails_that_a_session_keeps_is_named_before_the_start_and_before_anything_is_run(
    rails: Project, url: str, holder: psycopg.Connection
) -> None:
    pid = holder.info.backend_pid
    (found,) = look(RAILS + NAMED, url)
    assert found.level == "warn"
    assert found.todo == f"if nobody migrates now, end it: SELECT pg_terminate_backend({pid})"
    outcome = run(rails, RAILS + NAMED, url)
    assert outcome.state == "failed"
    assert outcome.summary.startswith("Nothing was run. A session of a Rails migration still works in database db ")
    assert f"SELECT pg_terminate_backend({pid})" in outcome.summary
    holder.close()
    assert [one.level for one in look(RAILS + NAMED, url)] == ["ok"]
    assert run(rails, RAILS + NAMED, url, attempt=2).state == "done"


def test_it_is_the_lock_for_which_rails_itself_would_not_start(
    rails: Project, url: str, holder: psycopg.Connection
) -> None:
    refused = rails.run(RAILS)
    assert (refused.state, "ConcurrentMigrationError" in refused.output) == ("failed", True), refused.output


def test_the_number_of_golang_migrates_lock_is_that_of_its_usual_table() -> None:
    assert GOLANG_MIGRATE.number("postgres") == 1486364155 * zlib.crc32(b"public\0schema_migrations\0postgres") % 2**32


def test_other_advisory_locks_of_an_application_keep_nothing_away(rails: Project, url: str) -> None:
    with psycopg.connect(url, autocommit=True) as application:
        application.execute("SELECT pg_advisory_lock(0), pg_advisory_lock(72707369), pg_advisory_lock(3, 4)")
        assert [one.level for one in look(RAILS + NAMED, url)] == ["ok"]
        assert run(rails, RAILS + NAMED, url).state == "done"


@pytest.mark.fault(KIND)
@pytest.mark.parametrize("tool", ROWS)
def test_a_row_that_says_that_a_migration_is_running_is_named_before_and_where_the_tool_fails(
    tmp_path: Path, url: str, tool: str
) -> None:
    creates, locks, unlocks, table, release = ROWS[tool]
    run_sql(url, creates)
    project, fails, works = Project(tmp_path, url), own_commands("false"), own_commands("true")
    assert [one.level for one in look(works, url)] == ["ok"]
    run_sql(url, locks)
    (found,) = look(works, url)
    clause = f"in database db {table} says that a migration is running, and so the tool refuses to start another"
    assert (found.level, found.summary) == ("warn", clause)
    assert found.todo == f"if none is running, release it: {release}"
    said = f"I{clause[1:]}; if none is running, release it: {release}."
    assert run(project, fails, url).summary.endswith(said)
    assert run(project, works, url, attempt=2).state == "done", "perhaps it is of a tool that nobody uses any more"
    run_sql(url, unlocks)
    assert "release it" not in run(project, fails, url, attempt=3).summary
