"""`migrate`: what cannot be taken back is said before, and a way back may stop half way."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.rehearsal.target.postgres import OWNER, Postgres
from commands.steps.base import execute
from commands.steps.outcome import Outcome
from tests.commands.steps.builders import box
from tests.commands.steps.databases import create_databases, run_sql
from tests.commands.steps.kinds.test_migrate import BACK, COLUMNS, DJANGO, Project
from tests.commands.steps.migration_projects import django_project

PRICE = """\
from django.db import migrations


def double(apps, editor):
    editor.execute("UPDATE orders SET id = id * 2")


class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = [
        migrations.RunSQL("ALTER TABLE orders ADD COLUMN price int", "ALTER TABLE orders DROP COLUMN price"),
        OPERATION,
    ]
"""
# a shell that tells the state of the database, and nothing of what is to be applied
DEAF = """\
from django.core.management.commands import shell


class Command(shell.Command):
    def handle(self, **options):
        if "gonogo-irreversible" in options["command"]:
            raise SystemExit(3)
        super().handle(**options)
"""
BY_PYTHON = "migrations.RunPython(double)"
INSIDE = 'migrations.SeparateDatabaseAndState([migrations.RunSQL("UPDATE orders SET id = 1")])'
BOTH_WAYS = "migrations.RunPython(double, migrations.RunPython.noop)"


@pytest.fixture
def url(postgres: Postgres) -> Iterator[str]:
    create_databases(postgres, "migrated")
    yield postgres.url(OWNER, "migrated")


@pytest.fixture
def django(tmp_path: Path, url: str) -> Project:
    django_project(tmp_path, url)
    return Project(tmp_path, url)


def write(folder: Path, operation: str) -> None:
    """Write the migration of the release."""
    (folder / "shop" / "migrations" / "0002_price.py").write_text(PRICE.replace("OPERATION", operation))


def migrate(project: Project, attempt: int = 1, more: str = "", back: str = BACK) -> Outcome:
    """Go forward, on a page that goes back by the tool."""
    step = box("migrate", DJANGO + more)
    ctx = replace(project.context(attempt=attempt), boxes={"step": step, "back": box("migrate", DJANGO + back)})
    return execute(step, ctx)


@pytest.mark.fault("the way back is first tried when it is needed")
@pytest.mark.parametrize(("operation", "kind"), [(BY_PYTHON, "RunPython"), (INSIDE, "RunSQL")])
def test_what_the_rollback_could_not_take_back_is_said_before_anything_is_applied(
    django: Project, tmp_path: Path, url: str, operation: str, kind: str
) -> None:
    write(tmp_path, operation)
    outcome = migrate(django)
    assert outcome.state == "failed"
    assert outcome.summary == (
        f"Nothing was run: the rollback could not take back shop.0002_price ({kind}). "
        "Run the step again to go on all the same."
    )
    assert run_sql(url, COLUMNS) == [("id",)]
    outcome = migrate(django, attempt=2)
    assert outcome.state == "done"
    assert outcome.summary.endswith(f" A rollback cannot take back shop.0002_price ({kind}).")
    assert run_sql(url, COLUMNS) == [("id",), ("price",)]


def test_a_page_that_rolls_back_by_itself_is_not_stopped_and_reads_it_at_once(django: Project, tmp_path: Path) -> None:
    write(tmp_path, BY_PYTHON)
    outcome = migrate(django, more='on_failure = "roll back"\n')
    assert outcome.state == "done"
    assert "A rollback cannot take back shop.0002_price (RunPython)." in outcome.summary


@pytest.mark.parametrize("back", ["true", "restore"])
def test_a_way_back_of_the_page_itself_is_not_asked_about(django: Project, tmp_path: Path, back: str) -> None:
    write(tmp_path, BY_PYTHON)
    assert "take back" not in migrate(django, back=f'{BACK}back = "{back}"\n').summary


def test_where_the_tool_cannot_be_asked_that_is_said_to_be_not_compared(django: Project, tmp_path: Path) -> None:
    write(tmp_path, BY_PYTHON)
    shell = tmp_path / "shop" / "management" / "commands" / "shell.py"
    shell.parent.mkdir(parents=True)
    shell.write_text(DEAF)
    outcome = migrate(django)
    assert outcome.state == "done", outcome.summary
    assert outcome.not_compared == ("whether a rollback can take the migrations back (asking ended with exit code 3)",)


def test_migrations_that_go_both_ways_are_applied_at_once(django: Project, tmp_path: Path) -> None:
    write(tmp_path, BOTH_WAYS)
    assert migrate(django).summary == (
        "Migrated from “shop=0001_initial(1)” to “shop=0002_price(2) stock=0001_initial(1)”. "
        "A rollback leaves what shop.0002_price (RunPython) did."
    )


@pytest.mark.fault("a cause that nobody has seen")
def test_what_the_bots_own_way_back_left_half_done_is_not_said_to_be_somebody_elses(
    django: Project, tmp_path: Path, url: str
) -> None:
    write(tmp_path, BY_PYTHON)
    assert django.run(DJANGO).state == "done"
    first = django.run(DJANGO + BACK, "back")
    assert (first.state, "The state is now “shop=0002_price(2)”." in first.summary) == ("failed", True), first.summary
    again = django.run(DJANGO + BACK, "back", attempt=2)
    assert again.state == "failed"
    assert "somebody else" not in again.summary
    assert "IrreversibleError" in again.output
    write(tmp_path, BOTH_WAYS)
    assert django.run(DJANGO + BACK, "back", attempt=3).summary == (
        "The migrations at “shop=0001_initial(1)”, as before the deploy."
    )
    assert run_sql(url, COLUMNS) == [("id",)]


def test_a_warning_that_the_tool_prints_is_no_migration(django: Project, tmp_path: Path) -> None:
    with (tmp_path / "settings.py").open("a") as settings:
        settings.write("import sys\nprint('this setting is old', file=sys.stderr)\n")
    outcome = migrate(django)
    assert (outcome.state, outcome.not_compared) == ("done", ()), outcome.summary
