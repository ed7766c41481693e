"""`migrate`: what the tool says is compared with what the page's own database has recorded."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.rehearsal.target.postgres import OWNER, Postgres
from commands.steps.base import execute
from commands.steps.outcome import Outcome
from commands.systems.migrations.recorded import recorded_states, same_state
from commands.systems.migrations.tools import MIGRATION_TOOLS, ToolName
from tests.bot.tools.postgres.test_database import database_at
from tests.commands.steps.builders import box
from tests.commands.steps.databases import create_databases, run_sql
from tests.commands.steps.kinds.test_migrate import ALEMBIC, BACK, DJANGO, Project, url
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


def run(project: Project, toml: str, page: str, attempt: int = 1, step: str = "step") -> Outcome:
    """`page` is the address of the page's database."""
    ctx = project.context(step, attempt)
    return execute(box("migrate", toml), replace(ctx, tools=replace(ctx.tools, database=database_at(page))))


def states(page: str, tool: ToolName) -> list[str]:
    table = MIGRATION_TOOLS[tool].table
    assert table
    return list(recorded_states(database_at(page), "db", table))


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
    assert states(url, "prisma") == ["another(1)"]


def test_the_rows_of_the_other_tools_are_read_as_they_say_them(urls: tuple[str, str]) -> None:
    _, page = urls
    run_sql(
        page,
        "CREATE TABLE schema_migrations (version bigint, dirty bool); INSERT INTO schema_migrations VALUES (7, false);"
        "CREATE TABLE _prisma_migrations (migration_name text, finished_at date, rolled_back_at date);"
        "INSERT INTO _prisma_migrations VALUES ('1_a', now(), NULL), ('2_b', now(), NULL), ('3_c', NULL, NULL);",
    )
    assert states(page, "golang-migrate") == ["7"]
    assert states(page, "prisma") == ["2_b(2)"]
    assert states(page, "rails") == ["007"]
    own = 'host = "h"\nfolder = "."\ntool = "rails"\nstate = "echo 7"'
    assert box("migrate", own).table() is None, "what the page's own command prints is not what Rails records"


def test_a_low_number_of_rails_is_the_same_with_zeros_before_it(rails: Project, url: str, tmp_path: Path) -> None:
    first = tmp_path / "db" / "migrate" / "001_first.rb"
    first.write_text("class First < ActiveRecord::Migration[6.1]\n  def change = nil\nend\n")
    outcome = run(rails, RAILS + VERIFY, url)
    assert (outcome.state, outcome.summary) == (
        "done",
        "Migrated from “nothing applied” to “20260101000000 001”. Every verify query passed.",
    )
    assert run_sql(url, "SELECT version FROM schema_migrations ORDER BY 1") == [("1",), ("20260101000000",)]


def test_what_rails_says_of_several_databases_is_not_compared_with_one(
    rails: Project, tmp_path: Path, url: str
) -> None:
    (tmp_path / "config" / "database.yml").write_text(
        "production:\n  primary:\n    adapter: postgresql\n"
        f"  queue:\n    adapter: postgresql\n    url: {url}\n    schema_search_path: queue\n"
        "    migrations_paths: db/queue\n"
    )
    run_sql(url, "CREATE SCHEMA queue")
    jobs = tmp_path / "db" / "queue" / "20260102000000_jobs.rb"
    jobs.parent.mkdir()
    jobs.write_text("class Jobs < ActiveRecord::Migration[6.1]\n  def change = create_table(:jobs)\nend\n")
    outcome = run(rails, RAILS + VERIFY, url)
    assert outcome.state == "done", outcome.summary
    assert outcome.not_compared == (
        "whether database db has recorded what rails says: it says that of several databases at once",
    )


def test_another_applications_table_beside_its_own_is_no_other_database(tmp_path: Path, url: str) -> None:
    project = Project(tmp_path, alembic_project(tmp_path, url))
    run_sql(
        url,
        "ALTER TABLE alembic_version RENAME TO shops;"
        "CREATE SCHEMA other; CREATE TABLE other.alembic_version (version_num text);"
        "INSERT INTO other.alembic_version VALUES ('ccc3')",
    )
    env = next(tmp_path.rglob("env.py"))
    env.write_text(env.read_text().replace("context.configure(", 'context.configure(version_table="shops", '))
    outcome = run(project, ALEMBIC + VERIFY, url)
    assert outcome.state == "done", outcome.summary


def test_a_tool_that_says_its_state_for_each_schema_has_it_recorded() -> None:
    assert same_state("aaa1 aaa1", "aaa1")
    assert not same_state("aaa1 bbb2", "aaa1")


@pytest.mark.fault("the first of several for all")
def test_tenants_whose_own_tables_still_record_the_state_before_are_named_both_ways(
    tmp_path: Path, urls: tuple[str, str]
) -> None:
    page, _ = urls
    project = Project(tmp_path, alembic_project(tmp_path, page))
    tenants = {"a": "aaa1", "b": "aaa1", "moved": "bbb2", "another": "0f0f"}
    for name, state in tenants.items():
        table = f"{name}.alembic_version"
        run_sql(page, f"CREATE SCHEMA {name}; CREATE TABLE {table} AS SELECT '{state}'::text AS version_num")
    forward = run(project, ALEMBIC + VERIFY, page)
    told = "Migrated from “aaa1” to “bbb2”. Not moved: {} “aaa1”. Every verify query passed."
    both = told.format("a.alembic_version and b.alembic_version still record")
    assert (forward.state, forward.summary) == ("done", both)
    back = run(project, ALEMBIC + BACK + VERIFY, page, step="back")
    assert back.state == "done"
    assert "Not moved: moved.alembic_version still records “bbb2”." in back.summary
