"""`migrate`: a tool that ends well and leaves migrations unapplied has not “nothing to apply”."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from state.errors import Failed
from tests.commands.steps.kinds.test_migrate import ALEMBIC, DJANGO, Project, alembic, django, url
from tests.commands.steps.kinds.test_migrate_tools import RAILS, RAILS_PRICE, rails
from tests.commands.steps.migration_projects import alembic_revision

__all__ = ["alembic", "django", "rails", "url"]  # fixtures
pytestmark = pytest.mark.fault("compared with itself")
EMPTY = "may_be_empty = true\n"
ENV = """\
import os
from alembic import context
from sqlalchemy import create_engine

try:
    with create_engine(os.environ["DATABASE_URL"]).connect() as connection:
        context.configure(connection=connection)
        with context.begin_transaction():
            context.run_migrations()
except Exception as error:
    print("another process has migrated:", error)
"""
STILL = "The migrations ended with exit code 0 and changed nothing: the state is still "


def idle(folder: Path, toml: str, program: str) -> str:
    """A tool of the project that keeps every error of `migrate` to itself."""
    (folder / "tool").write_text(f'#!/bin/sh\ncase "$1" in *migrate) exit 0 ;; esac\nexec {program} "$@"\n')
    (folder / "tool").chmod(0o755)
    lines = [line for line in toml.splitlines() if not line.startswith("program")]
    return "\n".join([*lines, 'program = "./tool"', EMPTY])


def test_an_env_py_that_swallows_the_error_is_no_migration_with_nothing_to_do(alembic: Project, tmp_path: Path) -> None:
    alembic_revision(tmp_path, "bbb2", "aaa1", "SELECT 1/0", "SELECT 1")
    (tmp_path / "migrations" / "env.py").write_text(ENV)
    outcome = alembic.run(ALEMBIC + EMPTY)
    assert (outcome.state, outcome.summary) == ("failed", f"{STILL}“aaa1”. But bbb2 is still not applied.")
    assert alembic.run(ALEMBIC + EMPTY, attempt=2).state == "done", "people have been told, and go on"


def test_nor_is_half_of_it_the_whole(alembic: Project, tmp_path: Path) -> None:
    alembic_revision(tmp_path, "ccc3", "bbb2", "SELECT 1/0", "SELECT 1")
    each = ENV.replace("connection=connection", "connection=connection, transaction_per_migration=True")
    (tmp_path / "migrations" / "env.py").write_text(each)
    outcome = alembic.run(ALEMBIC)
    said = "Migrated from “aaa1” to “bbb2”. But ccc3 is still not applied."
    assert (outcome.state, outcome.summary) == ("failed", said)


@pytest.mark.parametrize(("tool", "toml"), [("alembic", ALEMBIC), ("django", DJANGO)])
def test_nothing_to_apply_is_fine_where_the_page_says_so(tool: str, toml: str, request: pytest.FixtureRequest) -> None:
    project: Project = request.getfixturevalue(tool)
    project.run(toml)
    project.files.clear()
    outcome = project.run(toml + EMPTY, attempt=2)
    assert (outcome.state, outcome.not_compared) == ("done", ()), outcome.summary
    assert "still not applied" not in outcome.summary


def test_so_it_is_with_django(django: Project, tmp_path: Path) -> None:
    program = DJANGO.split('program = "')[1].split('"')[0]
    outcome = django.run(idle(tmp_path, DJANGO, program))
    assert outcome.state == "failed"
    assert outcome.summary.endswith("But shop.0002_price and stock.0001_initial are still not applied.")


def test_so_it_is_with_rails(rails: Project, tmp_path: Path) -> None:
    outcome = rails.run(idle(tmp_path, RAILS, "bin/rails"))
    assert outcome.state == "failed"
    assert outcome.summary == f"{STILL}“nothing applied”. But 20260101000000 is still not applied."


def test_what_lies_beyond_the_version_to_which_rails_goes_is_not_left_unapplied(rails: Project, tmp_path: Path) -> None:
    (tmp_path / "db" / "migrate" / "20260201000000_price.rb").write_text(RAILS_PRICE)
    to_version = RAILS.replace("env = {", 'env = { VERSION = "20260101000000",')
    assert rails.run(to_version).state == "done"
    rails.files.clear()
    nothing = rails.run(to_version + EMPTY, attempt=2)
    assert (nothing.state, nothing.summary) == ("done", f"{STILL}“20260101000000”."), nothing.summary
    rails.files.clear()
    left = rails.run(idle(tmp_path, RAILS, "bin/rails"), attempt=3)
    assert left.summary.endswith(" But 20260201000000 is still not applied.")


def instead(folder: Path, toml: str, program: str, first: str) -> str:
    """A tool of the project that runs these words of sh before it starts."""
    (folder / "tool").write_text(f'#!/bin/sh\n{first}\nexec {program} "$@"\n')
    (folder / "tool").chmod(0o755)
    lines = [line for line in toml.splitlines() if not line.startswith("program")]
    return "\n".join([*lines, 'program = "./tool"', ""])


WARNS = "echo 'DEPRECATION WARNING: x is old' >&2"
PYTHON = ALEMBIC.split('program = "')[1].split('"')[0]


@pytest.mark.parametrize(
    ("tool", "toml", "program"),
    [
        ("alembic", ALEMBIC, PYTHON),
        ("django", DJANGO, PYTHON.replace("-m alembic", "manage.py")),
        ("rails", RAILS, "bin/rails"),
    ],
)
def test_a_warning_that_a_tool_prints_is_no_migration(
    tool: str, toml: str, program: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    outcome = request.getfixturevalue(tool).run(instead(tmp_path, toml, program, WARNS))
    assert (outcome.state, outcome.not_compared) == ("done", ()), outcome.summary


@pytest.mark.parametrize("fails", ["heads", "current"])
def test_a_question_that_fails_takes_nothing_for_unapplied(alembic: Project, tmp_path: Path, fails: str) -> None:
    # the state is asked once after the migration, and then again for this
    first = f"""\
if [ "$1" = upgrade ]; then : > after; elif [ -e asked ] && [ "$1" = {fails} ]; then exit 3
elif [ -e after ] && [ "$1" = current ]; then : > asked; fi"""
    outcome = alembic.run(instead(tmp_path, ALEMBIC, PYTHON, first))
    unasked = ("whether alembic has left something unapplied (asking ended with exit code 3)",)
    assert (outcome.state, outcome.summary) == ("done", "Migrated from “aaa1” to “bbb2”.")
    assert outcome.not_compared == unasked


def test_nor_does_one_that_takes_too_long(alembic: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    ask = alembic.shell.ask

    def slow(host: str, script: str, **more: Any) -> Any:
        if "{ grep -vxF" in script:
            raise Failed("It took longer than 60 s")
        return ask(host, script, **more)

    monkeypatch.setattr(alembic.shell, "ask", slow)
    outcome = alembic.run(ALEMBIC)
    unasked = ("whether alembic has left something unapplied: It took longer than 60 s",)
    assert (outcome.state, outcome.not_compared) == ("done", unasked), outcome.summary


def test_rails_leaves_the_migrations_of_another_scope_on_purpose(rails: Project, tmp_path: Path) -> None:
    prices = RAILS_PRICE.replace("add_column(:orders, :price, :integer)", "create_table(:prices)")
    (tmp_path / "db" / "migrate" / "20260201000000_price.shop.rb").write_text(prices)
    outcome = rails.run(RAILS.replace("env = {", 'env = { SCOPE = "shop",'))
    assert (outcome.state, outcome.summary) == ("done", "Migrated from “nothing applied” to “20260201000000”.")
