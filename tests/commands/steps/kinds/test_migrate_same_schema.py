"""`migrate`: a migration that was only recorded, as by `alembic stamp`, is seen."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.commands.steps.databases import run_sql
from tests.commands.steps.kinds.test_migrate import ALEMBIC, DJANGO, Project, url
from tests.commands.steps.kinds.test_migrate_recorded import VERIFY, run
from tests.commands.steps.migration_projects import alembic_project, alembic_revision, django_project

__all__ = ["url"]  # a fixture
pytestmark = pytest.mark.fault("compared with itself")
SAME = "No table, view, function or type has changed in database db."


@pytest.mark.parametrize(
    ("toml", "command"),
    [(ALEMBIC, "$PROGRAM stamp head"), (DJANGO, "$PROGRAM migrate --noinput --fake")],
    ids=["alembic stamp", "migrate --fake"],
)
def test_what_is_recorded_and_was_not_run_changes_nothing_and_the_step_says_so(
    tmp_path: Path, url: str, toml: str, command: str
) -> None:
    address = alembic_project(tmp_path, url) if toml is ALEMBIC else url
    if toml is DJANGO:
        django_project(tmp_path, url)
    outcome = run(Project(tmp_path, address), f"forward = '{command}'\n{toml}{VERIFY}", url)
    assert (outcome.state, outcome.summary.count(SAME)) == ("done", 1), outcome.summary


def test_the_first_state_of_all_is_told_without_the_tools_own_new_table(tmp_path: Path, url: str) -> None:
    address = alembic_project(tmp_path, url)
    run_sql(url, "DROP TABLE alembic_version")
    outcome = run(Project(tmp_path, address), f"forward = '$PROGRAM stamp head'\n{ALEMBIC}{VERIFY}", url)
    assert outcome.summary.startswith(f"Migrated from “nothing applied” to “bbb2”. {SAME}"), outcome.summary


@pytest.mark.parametrize(
    "up",
    [
        "ALTER TABLE orders ADD COLUMN price int",
        "CREATE INDEX ON orders (id)",
        "CREATE VIEW seen AS SELECT id FROM orders",
        "ALTER TABLE orders ADD CHECK (id > 0)",
        "CREATE TYPE mood AS ENUM ('a')",
        "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "CREATE AGGREGATE total(int) (sfunc = int4pl, stype = int)",
        "ALTER TABLE orders VALIDATE CONSTRAINT known",
    ],
)
def test_of_a_migration_that_changes_something_this_is_not_said(tmp_path: Path, url: str, up: str) -> None:
    address = alembic_project(tmp_path, url)
    run_sql(url, "ALTER TABLE orders ADD CONSTRAINT known NOT NULL id NOT VALID")
    alembic_revision(tmp_path, "bbb2", "aaa1", up, "SELECT 1")
    outcome = run(Project(tmp_path, address), ALEMBIC + VERIFY, url)
    assert outcome.state == "done", outcome.summary
    assert "has changed in database" not in outcome.summary


@pytest.mark.parametrize("at_first", ["", "_gone"], ids=["noted", "not to be reached"])
def test_what_an_attempt_before_has_changed_counts(tmp_path: Path, url: str, at_first: str) -> None:
    project = Project(tmp_path, alembic_project(tmp_path, url))
    toml = f"forward = '$PROGRAM upgrade +1 && $PROGRAM upgrade +1'\n{ALEMBIC}{VERIFY}"
    alembic_revision(tmp_path, "ccc3", "bbb2", "SELECT 1/0", "SELECT 1")
    assert run(project, toml, url + at_first).state == "failed"
    alembic_revision(tmp_path, "ccc3", "bbb2", "UPDATE orders SET id = 1", "SELECT 1")
    toml = toml.replace(" && $PROGRAM upgrade +1", "")
    outcome = run(project, toml, url, attempt=2)
    assert outcome.summary.startswith("Migrated from “aaa1” to “ccc3”."), outcome.summary
    assert "has changed in database" not in outcome.summary
