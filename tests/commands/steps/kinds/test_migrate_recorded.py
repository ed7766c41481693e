"""`migrate`: what the tool says is compared with what the page's own database has recorded."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.rehearsal.target.postgres import OWNER, Postgres
from commands.steps.base import execute
from commands.steps.outcome import Outcome
from commands.systems.migrations.recorded import recorded_states
from tests.bot.tools.postgres.test_database import database_at
from tests.commands.steps.builders import box
from tests.commands.steps.databases import create_databases, run_sql
from tests.commands.steps.kinds.test_migrate import ALEMBIC, DJANGO, Project, url
from tests.commands.steps.kinds.test_migrate_tools import PRISMA, RAILS, prisma, prisma_project, rails
from tests.commands.steps.migration_projects import alembic_project, django_project

__all__ = ["prisma", "prisma_project", "rails", "url"]  # fixtures
pytestmark = pytest.mark.fault("compared with itself")
VERIFY = 'database = "db"\nverify = [{ says = "one", expect = 1, sql = "SELECT 1" }]\n'


@pytest.fixture
def urls(postgres: Postgres) -> Iterator[tuple[str, str]]:
    """A database that the tool uses by its own settings, and that of the page."""
    create_databases(postgres, "migrated", "shop")
    yield postgres.url(OWNER, "migrated"), postgres.url(OWNER, "shop")


def run(project: Project, toml: str, page: str, attempt: int = 1) -> Outcome:
    """`page` is the address of the page's database."""
    ctx = project.context(attempt=attempt)
    return execute(box("migrate", toml), replace(ctx, tools=replace(ctx.tools, database=database_at(page))))


def test_a_tool_that_migrates_another_database_has_not_migrated_this_one(tmp_path: Path, urls: tuple[str, str]) -> None:
    others, page = urls
    project = Project(tmp_path, alembic_project(tmp_path, others))
    run_sql(page, "CREATE TABLE alembic_version (version_num text); INSERT INTO alembic_version VALUES ('aaa1')")
    outcome = run(project, ALEMBIC + VERIFY, page)
    why = (
        "But alembic says “bbb2”, and database db has recorded “aaa1”: the tool uses another one (look whether "
        "settings of its own win over the step's `env`)."
    )
    assert (outcome.state, outcome.summary) == ("failed", f"Migrated from “aaa1” to “bbb2”. {why}")
    assert why in run(project, ALEMBIC + VERIFY, page, attempt=2).summary


def test_a_difference_before_the_migration_is_named_before_anything_runs(tmp_path: Path, urls: tuple[str, str]) -> None:
    others, page = urls
    project = Project(tmp_path, alembic_project(tmp_path, others))
    run_sql(page, "CREATE TABLE alembic_version (version_num text); INSERT INTO alembic_version VALUES ('000f')")
    outcome = run(project, ALEMBIC + VERIFY, page)
    assert outcome.state == "failed"
    assert outcome.summary.startswith("Nothing was run: alembic says “aaa1”, and database db has recorded “000f”: ")
    assert run_sql(others, "SELECT version_num FROM alembic_version") == [("aaa1",)]


def test_where_the_table_has_another_name_that_is_not_compared(tmp_path: Path, urls: tuple[str, str]) -> None:
    others, page = urls
    outcome = run(Project(tmp_path, alembic_project(tmp_path, others)), ALEMBIC + VERIFY, page)
    assert outcome.state == "done"
    what = "whether database db has recorded what alembic says: it has no table of that tool under its usual name"
    assert what in outcome.not_compared


@pytest.mark.parametrize("tool", ["alembic", "django"])
def test_the_database_itself_is_enough(tmp_path: Path, urls: tuple[str, str], tool: str) -> None:
    page, _ = urls
    address = alembic_project(tmp_path, page) if tool == "alembic" else page
    if tool == "django":
        django_project(tmp_path, page)
    outcome = run(Project(tmp_path, address), (ALEMBIC if tool == "alembic" else DJANGO) + VERIFY, page)
    assert (outcome.state, outcome.not_compared) == ("done", ()), outcome.summary


def test_rails_and_its_database_agree(rails: Project, url: str) -> None:
    outcome = run(rails, RAILS + VERIFY, url)
    assert (outcome.state, outcome.not_compared) == ("done", ()), outcome.summary
    assert run_sql(url, "SELECT count(*) > 0 FROM schema_migrations") == [(True,)]


def test_prisma_and_its_database_agree(prisma: Project, url: str) -> None:
    outcome = run(prisma, f"{PRISMA}{VERIFY}may_be_empty = true\n", url)
    assert (outcome.state, outcome.not_compared) == ("done", ()), outcome.summary
    run_sql(url, "UPDATE _prisma_migrations SET migration_name = 'another'")
    assert recorded_states(database_at(url), "db", "prisma") == ["another(1)"]


def test_the_rows_of_the_other_tools_are_read_as_they_say_them(urls: tuple[str, str]) -> None:
    _, page = urls
    database = database_at(page)
    run_sql(
        page,
        "CREATE TABLE schema_migrations (version bigint, dirty bool); INSERT INTO schema_migrations VALUES (7, false);"
        "CREATE TABLE _prisma_migrations (migration_name text, finished_at date, rolled_back_at date);"
        "INSERT INTO _prisma_migrations VALUES ('1_a', now(), NULL), ('2_b', now(), NULL), ('3_c', NULL, NULL);",
    )
    assert recorded_states(database, "db", "golang-migrate") == ["7"]
    assert recorded_states(database, "db", "prisma") == ["2_b(2)"]
    assert recorded_states(database, "db", "rails") == ["7"]
    assert recorded_states(database, "db", None) is None
