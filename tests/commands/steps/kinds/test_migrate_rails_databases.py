"""`migrate` with Rails and several databases: forward, and back in each of them."""

from __future__ import annotations

import os
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from commands.steps.base import execute
from commands.steps.outcome import Outcome
from tests.commands.steps.builders import box
from tests.commands.steps.databases import run_sql
from tests.commands.steps.kinds.test_migrate import BACK, COLUMNS, Project, url
from tests.commands.steps.kinds.test_migrate_no_way_back import refused
from tests.commands.steps.kinds.test_migrate_tools import RAILS, RAILS_PRICE, rails

__all__ = ["rails", "url"]  # fixtures
pytestmark = pytest.mark.fault("the first of several for all")
JOBS = "class Jobs < ActiveRecord::Migration[6.1]\n  def change = create_table(:jobs)\nend\n"
FAILS = """\
class More < ActiveRecord::Migration[6.1]
  def up = create_table(:more)
  def down = execute("DROP TABLE nowhere")
end
"""
ONE_WAY = FAILS.replace('execute("DROP TABLE nowhere")', "raise(ActiveRecord::IrreversibleMigration)")
FIRST = "20260102000000 20260101000000"
TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = '{}' AND tablename <> 'ar_internal_metadata' ORDER BY 1"


def database(name: str, url: str) -> str:
    """A database of database.yml, a schema of the only one here, with migrations of its own."""
    return (
        f"  {name}:\n    adapter: postgresql\n    url: {url}\n    schema_search_path: {name}\n"
        f"    migrations_paths: db/{name}\n"
    )


@pytest.fixture
def two(rails: Project, tmp_path: Path, url: str) -> Project:
    """Rails with `primary` and `queue`, each at its first migration."""
    run_sql(url, "CREATE SCHEMA queue")
    (tmp_path / "config" / "database.yml").write_text(
        f"production:\n  primary:\n    adapter: postgresql\n{database('queue', url)}"
    )
    _write(tmp_path, "queue/20260102000000_jobs", JOBS)
    env = {"DATABASE_URL": url, "RAILS_ENV": "production", "SECRET_KEY_BASE": "x", "SCHEMA": "/dev/null"}
    subprocess.run(["bin/rails", "db:migrate"], cwd=tmp_path, env={**os.environ, **env}, check=True)
    return rails


def test_what_a_release_brought_to_each_of_two_databases_is_taken_back(two: Project, tmp_path: Path, url: str) -> None:
    _write(tmp_path, "migrate/20260301000000_price", RAILS_PRICE)
    _write(tmp_path, "queue/20260302000000_more", JOBS.replace("Jobs", "More").replace("jobs", "more"))
    assert two.run(RAILS).state == "done"
    assert run_sql(url, COLUMNS) == [("id",), ("price",)]
    back = two.run(RAILS + BACK, "back")
    assert (back.state, back.summary) == ("done", f"The migrations at “{FIRST}”, as before the deploy."), back.output
    assert run_sql(url, COLUMNS) == [("id",)]
    assert run_sql(url, TABLES.format("queue")) == [("jobs",), ("schema_migrations",)]
    assert not list(tmp_path.rglob("*schema.rb"))


def test_so_it_is_where_only_the_first_got_one_and_no_task_of_rails_knows_the_names(
    two: Project, tmp_path: Path, url: str
) -> None:
    config = tmp_path / "config" / "database.yml"
    config.write_text(config.read_text().replace("queue:", "<%= 'queue' %>:"))
    _write(tmp_path, "migrate/20260301000000_price", RAILS_PRICE)
    forward = _forward(two)
    assert forward.state == "done", forward.summary  # what Rails remarks of that is no migration
    back = two.run(RAILS + BACK, "back")
    assert (back.state, back.summary) == ("done", f"The migrations at “{FIRST}”, as before the deploy."), back.output
    assert run_sql(url, COLUMNS) == [("id",)]


def test_a_new_database_before_an_older_one_takes_nothing_of_that_one_back(
    two: Project, tmp_path: Path, url: str
) -> None:
    config = tmp_path / "config" / "database.yml"
    config.write_text(config.read_text().replace("  queue:", f"{database('cache', url)}  queue:"))
    run_sql(url, "CREATE SCHEMA cache")
    _write(tmp_path, "cache/20260303000000_entries", JOBS.replace("Jobs", "Entries").replace("jobs", "entries"))
    assert two.looked_at(RAILS).summary == f"the migration tool reports its state: “{FIRST}”"
    assert two.run(RAILS).summary == f"Migrated from “{FIRST}” to “20260303000000 {FIRST}”."
    assert two.run(RAILS + BACK, "back").state == "done"
    tables = [run_sql(url, TABLES.format(name)) for name in ("cache", "queue")]
    assert tables == [[("schema_migrations",)], [("jobs",), ("schema_migrations",)]]


def test_where_one_cannot_be_taken_back_the_databases_own_words_are_shown(two: Project, tmp_path: Path) -> None:
    _write(tmp_path, "queue/20260302000000_more", FAILS)
    assert two.run(RAILS).state == "done"
    back = two.run(RAILS + BACK, "back")
    assert back.state == "failed"
    assert f"The state is now “20260302000000 {FIRST}”. Before the deploy it was “{FIRST}”." in back.summary
    assert any('table "nowhere" does not exist' in line for line in back.lines), back.lines


def test_the_only_one_that_rails_migrates_need_not_be_the_first(two: Project, tmp_path: Path, url: str) -> None:
    config = tmp_path / "config" / "database.yml"
    config.write_text(config.read_text().replace("primary:\n", "primary:\n    replica: true\n"))
    _write(tmp_path, "queue/20260302000000_more", FAILS.replace("nowhere", "more"))
    forward = _forward(two)
    assert (forward.state, forward.summary) == (
        "done",
        "Migrated from “20260102000000” to “20260302000000 20260102000000”.",
    )
    back = two.run(RAILS + BACK, "back")
    assert (back.state, back.summary) == ("done", "The migrations at “20260102000000”, as before the deploy."), (
        back.output
    )
    assert run_sql(url, TABLES.format("queue")) == [("jobs",), ("schema_migrations",)]


@pytest.mark.fault("the way back is first tried when it is needed")
def test_one_database_goes_back_although_the_application_does_not_start(
    rails: Project, tmp_path: Path, url: str
) -> None:
    assert rails.run(RAILS).state == "done"
    rails.files.clear()
    _write(tmp_path, "migrate/20260301000000_price", RAILS_PRICE)
    assert rails.run(RAILS, attempt=2).state == "done"
    application = tmp_path / "config" / "application.rb"
    application.write_text(application.read_text().replace("eager_load = false", "eager_load = true"))
    (tmp_path / "app" / "models").mkdir(parents=True)
    (tmp_path / "app" / "models" / "order.rb").write_text("class Order < NoSuchClass\nend\n")
    back = rails.run(RAILS + BACK, "back")
    assert (back.state, back.summary) == ("done", "The migrations at “20260101000000”, as before the deploy."), (
        back.output
    )
    assert run_sql(url, COLUMNS) == [("id",)]


@pytest.mark.fault("the way back is first tried when it is needed")
def test_what_cannot_be_taken_back_of_the_second_is_named_before_it_is_applied(two: Project, tmp_path: Path) -> None:
    _write(tmp_path, "queue/20260302000000_more", ONE_WAY)
    outcome = _forward(two)
    assert (outcome.state, outcome.summary) == (
        "failed",
        refused("20260302000000 More (its down raises an error)"),
    )


def test_two_files_of_one_number_in_the_second_block_the_start(two: Project, tmp_path: Path) -> None:
    for name in ("More", "Less"):
        _write(tmp_path, f"queue/20260302000000_{name.lower()}", JOBS.replace("Jobs", name))
    found = two.looked_at(RAILS)
    assert (found.level, "DuplicateMigrationVersion" in found.summary) == ("fail", True), found.summary


def _forward(project: Project) -> Outcome:
    """Go forward on a page with a rollback."""
    step = box("migrate", RAILS)
    return execute(step, replace(project.context(), boxes={"step": step, "back": box("migrate", RAILS + BACK)}))


def _write(folder: Path, name: str, text: str) -> None:
    file = folder / "db" / f"{name}.rb"
    file.parent.mkdir(exist_ok=True)
    file.write_text(text)
