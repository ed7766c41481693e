"""`migrate` with Rails and Prisma, really run; and where somebody else migrates meanwhile."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

import bot.rehearsal.target
from bot.rehearsal.target.programs import postgres_programs
from commands.steps.base import execute
from commands.steps.values import page_texts
from commands.systems.preflight.hosts import HostCheck
from tests.commands.steps.builders import box
from tests.commands.steps.databases import run_sql
from tests.commands.steps.kinds.test_migrate import ALEMBIC, BACK, COLUMNS, COMMON, Project, alembic, url
from tests.commands.steps.migration_projects import ALEMBIC as ALEMBIC_PROGRAM
from tests.commands.steps.migration_projects import alembic_revision, run_tool

__all__ = ["alembic", "url"]  # fixtures
RAILS = f'{COMMON[:-2]}, RAILS_ENV = "production", SECRET_KEY_BASE = "x" }}\ntool = "rails"\n'
PRISMA = f'{COMMON[:-2]}, MIGRATE_DATABASE_URL = "$URL" }}\ntool = "prisma"\n'
RAILS_FILES = {
    "config/application.rb": """\
require "rails"
require "active_record/railtie"
class Shop < Rails::Application
  config.load_defaults 6.1
  config.eager_load = false
  config.logger = Logger.new(nil)
end
""",
    "config/environment.rb": 'require_relative "application"\nRails.application.initialize!\n',
    "config/database.yml": "production:\n  adapter: postgresql\n",
    "Rakefile": 'require_relative "config/application"\nRails.application.load_tasks\n',
    "bin/rails": """\
#!/usr/bin/env ruby
APP_PATH = File.expand_path("../config/application", __dir__)
require "rails/commands"
""",
    "db/migrate/20260101000000_orders.rb": """\
class Orders < ActiveRecord::Migration[6.1]
  def up = execute("CREATE TABLE orders (id int)")
  def down = execute("DROP TABLE orders")
end
""",
}
RAILS_PRICE = """\
class Price < ActiveRecord::Migration[6.1]
  def change = add_column(:orders, :price, :integer)
end
"""


@pytest.fixture
def rails(tmp_path: Path, url: str) -> Project:
    if not shutil.which("rails"):
        pytest.skip("Rails is not installed (ruby-railties, ruby-activerecord and ruby-pg of Debian)")
    for name, text in RAILS_FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    (tmp_path / "bin" / "rails").chmod(0o755)
    return Project(tmp_path, url)


def test_rails_goes_forward_and_back_to_where_it_was_and_writes_no_schema_file(
    rails: Project, tmp_path: Path, url: str
) -> None:
    assert rails.run(RAILS).summary == "Migrated from “nothing applied” to “20260101000000”."
    # one that is older than what is applied: VERSION= of the newest before would not take it back
    (tmp_path / "db" / "migrate" / "20251231000000_price.rb").write_text(RAILS_PRICE)
    rails.files.clear()
    assert rails.run(RAILS, attempt=2).summary.endswith("to “20260101000000 20251231000000”.")
    assert run_sql(url, COLUMNS) == [("id",), ("price",)]
    back = rails.run(RAILS + BACK, "back")
    assert (back.state, back.summary) == ("done", "The migrations at “20260101000000”, as before the deploy.")
    assert run_sql(url, COLUMNS) == [("id",)]
    assert not (tmp_path / "db" / "schema.rb").exists()


@pytest.fixture(scope="module")
def prisma_project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The API of the rehearsal, with Prisma's JavaScript engine."""
    folder = tmp_path_factory.mktemp("prisma")
    source = Path(bot.rehearsal.target.__path__[0]) / "dj_system" / "old" / "backend" / "api-server"
    for name in ("package.json", "package-lock.json", "prisma.config.mjs"):
        shutil.copy(source / name, folder)
    shutil.copytree(source / "prisma", folder / "prisma")
    installed = subprocess.run(["npm", "ci", "--omit=dev"], cwd=folder, capture_output=True, text=True, check=False)
    if installed.returncode:
        pytest.skip(f"Prisma cannot be installed from npm: {installed.stderr.strip()[-200:]}")
    return folder


@pytest.fixture
def prisma(prisma_project: Path, url: str) -> Iterator[Project]:
    project = Project(prisma_project, url)
    assert project.run(PRISMA).summary == "Migrated from “nothing applied” to “20250101000000_baseline(1)”."
    project.files.clear()
    yield project
    for folder in (prisma_project / "prisma" / "migrations").glob("2026*"):
        shutil.rmtree(folder)


def _prisma_migration(project: Path, name: str, sql: str) -> None:
    folder = project / "prisma" / "migrations" / name
    folder.mkdir()
    (folder / "migration.sql").write_text(sql)


def test_prisma_migrates_and_its_state_names_what_is_applied(prisma: Project, prisma_project: Path, url: str) -> None:
    nothing = prisma.run(PRISMA)
    assert nothing.summary.endswith("changed nothing: the state is still “20250101000000_baseline(1)”.")
    _prisma_migration(prisma_project, "20260101000000_more", "CREATE TABLE more (id int)")
    assert prisma.run(PRISMA, attempt=2).summary == (
        "Migrated from “20250101000000_baseline(1)” to “20260101000000_more(2)”."
    )
    _prisma_migration(prisma_project, "20260201000000_slow", "SELECT pg_sleep(60)")
    failed = prisma.run(PRISMA + 'statement_timeout = "1 s"', attempt=3)
    assert "statement timeout" in failed.output
    assert "The state is now “20260201000000_slow(failed)”." in failed.summary
    down = prisma.looked_at(PRISMA.replace('$URL"', '$URL/nowhere"'))
    assert "does not report its state" in down.summary


def test_a_tool_without_a_way_back_is_named_before_the_start() -> None:
    forward = box("migrate", PRISMA)
    why = 'back: prisma knows no way back; write back = "restore", or the command that goes back'
    assert box("migrate", PRISMA + BACK).page_error({"step": forward}) == why
    flyway = COMMON + 'tool = "flyway"\n'
    assert box("migrate", flyway + BACK).page_error({"step": forward}) == why.replace("prisma", "flyway")


def test_what_somebody_else_migrated_since_the_start_is_named_and_nothing_is_run(alembic: Project, url: str) -> None:
    step = box("migrate", ALEMBIC)
    check = step.preflight()[0]
    assert isinstance(check, HostCheck)
    [found] = check.judge(alembic.shell.ask("h", check.script, env=page_texts(dict(check.env), {})))
    run_sql(url, "DELETE FROM alembic_version; DROP TABLE orders")
    ctx = replace(alembic.context(), found_at_start=dict(found.kept))
    outcome = execute(step, ctx)
    assert outcome.state == "failed"
    assert outcome.summary == (
        "The state was “aaa1” at the start and is “nothing applied” now, and this run has not migrated yet: somebody "
        "else has. Nothing was run. Run the step again to go on all the same."
    )
    again = replace(alembic.context(attempt=2), found_at_start=dict(found.kept))
    assert execute(step, again).summary == "Migrated from “nothing applied” to “bbb2”."


def test_what_somebody_else_migrated_since_the_deploy_is_not_taken_back_unasked(
    alembic: Project, tmp_path: Path, url: str
) -> None:
    alembic.run(ALEMBIC)
    alembic_revision(tmp_path, "ccc3", "bbb2", "CREATE TABLE theirs (id int)", "DROP TABLE theirs")
    run_tool([*ALEMBIC_PROGRAM, "upgrade", "head"], tmp_path, url.replace("postgresql://", "postgresql+psycopg://"))
    back = alembic.run(ALEMBIC + BACK, "back")
    assert back.state == "failed"
    assert back.summary == (
        "After the deploy's migration the state was “bbb2”, and it is “ccc3” now: somebody else has migrated since. "
        "Nothing was rolled back. Run the step again to go on all the same."
    )
    assert run_sql(url, "SELECT count(*) FROM theirs") == [(0,)]
    assert alembic.run(ALEMBIC + BACK, "back", attempt=2).state == "done"
    assert run_sql(url, "SELECT to_regclass('theirs')") == [(None,)]


@pytest.mark.parametrize("more", ["?options=-c%20search_path%3Dmine", "?sslmode=disable", ""])
def test_the_time_limits_reach_a_tool_whose_url_has_options_of_its_own(tmp_path: Path, url: str, more: str) -> None:
    psql = f"{postgres_programs()}/psql"
    shown = " ".join(f"current_setting('{name}') || ' ' ||" for name in ("lock_timeout", "statement_timeout"))
    state = f'''state = """{psql} -XqAtc "SELECT {shown} current_setting('search_path')" "$DATABASE_URL" """\n'''
    limits = 'lock_timeout = "3 s"\nstatement_timeout = "2 min"\nforward = "true"\n'
    result = Project(tmp_path, url + more).looked_at(COMMON + state + limits)
    path = "mine" if "search_path" in more else '"$user", public'
    assert result.summary == f"the migration tool reports its state: “3s 2min {path}”"


def test_the_time_limits_reach_a_tool_of_java_which_reads_only_its_url(tmp_path: Path, url: str) -> None:
    toml = COMMON + 'lock_timeout = "3 s"\nforward = "true"\nstate = \'echo "${DATABASE_URL#*/migrated}"\'\n'
    result = Project(tmp_path, f"jdbc:{url}").looked_at(toml)
    assert result.summary == "the migration tool reports its state: “?options=-c%20lock_timeout%3D3000”"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ('program = "venv/bin/alembic"', "the migration tool is not there: venv/bin/alembic was not found"),
        ('folder = "/nowhere"', "the migration tool's folder is not on the host"),
    ],
)
def test_a_tool_or_a_folder_that_is_missing_is_named_before_the_start(alembic: Project, change: str, said: str) -> None:
    name = change.split(" ", maxsplit=1)[0]
    lines = [line for line in ALEMBIC.splitlines() if not line.startswith(name)]
    result = alembic.looked_at("\n".join([*lines, change]))
    assert (result.level, result.summary.startswith(said)) == ("fail", True), result.summary


def test_a_user_whose_password_is_wrong_is_named_before_the_start(alembic: Project, url: str) -> None:
    alembic.shell.environ = {**alembic.shell.environ, "URL": "postgresql+psycopg://" + "nobody:x@" + url.split("@")[1]}
    result = alembic.looked_at(ALEMBIC)
    assert result.level == "fail"
    assert "migration tool does not report its state" in result.summary


def test_what_rails_says_is_wrong_is_named_and_not_its_advice_behind_it(tmp_path: Path, url: str) -> None:
    said = "rails aborted!\\nActiveRecord::AdapterNotSpecified: no adapter\\n\\nTasks: TOP => db:migrate:status\\n"
    (tmp_path / "rails").write_text(f"#!/bin/sh\nprintf '{said}(See full trace with --trace)\\n' >&2; exit 1\n")
    (tmp_path / "rails").chmod(0o755)
    result = Project(tmp_path, url).looked_at(COMMON + 'tool = "rails"\nprogram = "./rails"\n')
    assert result.summary == (
        "the migration tool does not report its state: ActiveRecord::AdapterNotSpecified: no adapter"
    )


def test_a_folder_that_only_the_run_knows_is_said_not_to_be_asked_yet(alembic: Project) -> None:
    result = alembic.looked_at(ALEMBIC.replace("$APP", "$APP/<commit>"))
    assert (result.level, "not asked yet" in result.summary) == ("ok", True)


def test_prisma_starts_no_more_often_than_its_state_rows_and_what_is_left_need(
    prisma: Project, prisma_project: Path
) -> None:
    log, program = prisma_project / "starts", prisma_project / "counted"
    log.unlink(missing_ok=True)
    program.write_text(f'#!/bin/sh\necho "$*" >> {log}\nexec npx --no-install prisma "$@"\n')
    program.chmod(0o755)
    _prisma_migration(prisma_project, "20260101000000_more", "CREATE TABLE more (id int)")
    outcome = prisma.run(PRISMA + 'program = "./counted"\n', attempt=2)
    assert outcome.state == "done", outcome.summary + outcome.output
    asks = ["migrate status", "db execute --stdin --schema prisma/schema.prisma"]
    assert log.read_text().splitlines() == [*asks, "migrate deploy", *asks, "migrate status"], "the last: what is left"
