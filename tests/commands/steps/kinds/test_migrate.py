"""`migrate`: Alembic and Django really run, and are judged by the state that they tell."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from bot.rehearsal.target.postgres import OWNER, Postgres
from commands.steps.base import execute
from commands.steps.outcome import Context, Outcome
from commands.steps.unset_variables import unset_error
from tests.commands.steps.builders import box, context, plan
from tests.commands.steps.databases import create_databases, run_sql
from tests.commands.steps.migration_projects import alembic_project, alembic_revision, django_project
from tests.local_shell import LocalShell
from tests.world import World

COMMON = 'host = "h"\nfolder = "$APP"\nenv = { DATABASE_URL = "$URL" }\n'
ALEMBIC = f'{COMMON}tool = "alembic"\nprogram = "{sys.executable} -m alembic"\n'
DJANGO = f'{COMMON}tool = "django"\nprogram = "{sys.executable} manage.py"\n'
BACK = 'mode = "back"\nundoes = "step"\n'
COLUMNS = "SELECT column_name FROM information_schema.columns WHERE table_name = 'orders' ORDER BY 1"


@pytest.fixture
def url(postgres: Postgres) -> Iterator[str]:
    create_databases(postgres, "migrated")
    yield postgres.url(OWNER, "migrated")


class Project:
    """A project on the host, and one run of it."""

    def __init__(self, folder: Path, url: str) -> None:
        self.shell = LocalShell({"APP": str(folder), "URL": url})
        self.files: dict[str, str] = {}

    def context(self, step: str = "step", attempt: int = 1) -> Context:
        """The context of an attempt at the step of this id."""
        ctx = context(World(), shell=self.shell, files=self.files, attempt=attempt)
        return Context(**{**vars(ctx), "key": f"run-1/{step}/{attempt}"})

    def run(self, toml: str, step: str = "step", attempt: int = 1) -> Outcome:
        """The outcome of an attempt."""
        return execute(box("migrate", toml), self.context(step, attempt))


@pytest.fixture
def alembic(tmp_path: Path, url: str) -> Project:
    return Project(tmp_path, alembic_project(tmp_path, url))


@pytest.fixture
def django(tmp_path: Path, url: str) -> Project:
    django_project(tmp_path, url)
    return Project(tmp_path, url)


def test_alembic_goes_forward_and_back_to_where_it_was(alembic: Project, url: str) -> None:
    forward = alembic.run(ALEMBIC)
    assert (forward.state, forward.summary) == ("done", "Migrated from “aaa1” to “bbb2”.")
    assert run_sql(url, COLUMNS) == [("id",), ("price",)]
    back = alembic.run(ALEMBIC + BACK, "back")
    assert (back.state, back.summary) == ("done", "The migrations at “aaa1”, as before the deploy.")
    assert back.compared == ("migrations at “aaa1”, as before the deploy",)
    assert run_sql(url, COLUMNS) == [("id",)]
    assert run_sql(url, "SELECT version_num FROM alembic_version") == [("aaa1",)]


def test_django_goes_back_app_by_app_to_where_each_was(django: Project, url: str) -> None:
    forward = django.run(DJANGO)
    assert forward.summary == "Migrated from “shop=0001_initial” to “shop=0002_price stock=0001_initial”."
    back = django.run(DJANGO + BACK, "back")
    assert (back.state, back.summary) == ("done", "The migrations at “shop=0001_initial”, as before the deploy.")
    assert run_sql(url, COLUMNS) == [("id",)]
    assert run_sql(url, "SELECT to_regclass('shelves')") == [(None,)]


def test_a_first_migration_is_taken_back_to_nothing(alembic: Project, url: str) -> None:
    assert alembic.run(ALEMBIC + BACK.replace("step", "never"), "back").summary == (
        "Nothing to roll back: the migrations never began."
    )
    run_sql(url, "DROP TABLE orders; DROP TABLE alembic_version")
    assert alembic.run(ALEMBIC).summary == "Migrated from “nothing applied” to “bbb2”."
    assert alembic.run(ALEMBIC + BACK, "back").state == "done"
    assert run_sql(url, "SELECT to_regclass('orders')") == [(None,)]


def test_a_tool_that_ends_well_and_did_nothing_has_failed(alembic: Project) -> None:
    assert alembic.run(ALEMBIC).state == "done"
    alembic.files.clear()
    again = alembic.run(ALEMBIC, "later")
    assert (again.state, again.summary) == (
        "failed",
        "The migrations ended with exit code 0 and changed nothing: the state is still “bbb2”.",
    )
    assert alembic.run(ALEMBIC + "may_be_empty = true", "empty").state == "done"


def test_a_migration_that_fails_in_the_middle_says_where_it_stopped_and_is_taken_back(
    alembic: Project, tmp_path: Path, url: str
) -> None:
    alembic_revision(tmp_path, "ccc3", "bbb2", "ALTER TABLE nowhere ADD COLUMN x int", "SELECT 1")
    (tmp_path / "migrations" / "env.py").write_text(
        (tmp_path / "migrations" / "env.py").read_text().replace(
            "connection=connection", "connection=connection, transaction_per_migration=True"
        )
    )  # fmt: skip
    failed = alembic.run(ALEMBIC)
    assert failed.state == "failed"
    assert failed.summary.endswith("The state is now “bbb2”. Before the deploy it was “aaa1”.")
    assert any("nowhere" in line for line in failed.output.splitlines())
    # a second attempt begins in the middle; what it goes back to is where the first one began
    assert alembic.run(ALEMBIC, attempt=2).state == "failed"
    assert alembic.run(ALEMBIC + BACK, "back").state == "done"
    assert run_sql(url, COLUMNS) == [("id",)]


def test_a_way_back_that_does_not_arrive_has_failed(alembic: Project, tmp_path: Path) -> None:
    alembic.run(ALEMBIC)
    back = alembic.run(f'{ALEMBIC}{BACK}back = "true"\n', "back")
    assert (back.state, back.summary) == (
        "failed",
        "The tool ended with exit code 0, but the state is “bbb2”, not “aaa1” as before.",
    )


def test_a_lock_that_somebody_holds_ends_the_migration_after_its_limit(alembic: Project, url: str) -> None:
    with psycopg.connect(url) as other:
        other.execute("LOCK TABLE orders")
        failed = alembic.run(ALEMBIC + 'lock_timeout = "1 s"')
    assert failed.state == "failed"
    assert "lock timeout" in failed.output
    assert failed.summary == "The migrations failed with exit code 1. The state is still “aaa1”."


def test_a_statement_that_takes_too_long_is_ended(alembic: Project, tmp_path: Path) -> None:
    alembic_revision(tmp_path, "ccc3", "bbb2", "SELECT pg_sleep(60)", "SELECT 1")
    failed = alembic.run(ALEMBIC + 'statement_timeout = "1 s"')
    assert "statement timeout" in failed.output
    assert failed.state == "failed"


def test_after_a_reboot_the_state_decides(alembic: Project) -> None:
    step: Any = box("migrate", ALEMBIC)
    ctx = alembic.context()
    ctx.save_file("migrations before step", "aaa1")
    alembic.shell.dead.add(ctx.key)
    nothing = step.recover(ctx)
    assert (nothing.state, nothing.summary) == (
        "failed",
        "The bot was interrupted here, and nothing was applied: the state is still “aaa1”.",
    )
    assert execute(step, alembic.context(attempt=2)).state == "done"
    unclear = step.recover(ctx)
    assert (unclear.state, "The state is “bbb2”" in unclear.summary) == ("unknown", True)


def test_a_tool_that_does_not_tell_its_state_changes_nothing(alembic: Project, tmp_path: Path) -> None:
    (tmp_path / "alembic.ini").unlink()
    outcome = alembic.run(ALEMBIC)
    assert outcome.state == "failed"
    assert outcome.summary.startswith("The migration tool does not report its state:")
    assert alembic.files == {}
    (check,) = box("migrate", ALEMBIC).preflight()
    world = World()
    (result,) = check.judge(alembic.shell.ask("h", check.script, env=dict(check.env)))
    assert (result.level, world.asked) == ("fail", [])


def test_commands_of_the_page_serve_any_tool(tmp_path: Path) -> None:
    (tmp_path / "version").write_text("3\n")
    own = f'{COMMON}state = "cat version"\nforward = "echo 4 > version"\nback = "echo $STATE_BEFORE > version"\n'
    project = Project(tmp_path, "unused")
    assert project.run(own).summary == "Migrated from “3” to “4”."
    assert project.run(own + BACK, "back").state == "done"
    assert (tmp_path / "version").read_text() == "3\n"


@pytest.mark.parametrize(
    ("toml", "boxes", "why"),
    [
        (COMMON, {}, "state: is missing; name a tool (alembic, django), or write the command"),
        (f'{COMMON}state = "x"', {}, "forward: is missing; name a tool (alembic, django), or write the command"),
        (
            ALEMBIC + BACK,
            {},
            "undoes: must name the migrate step that goes forward; its state from before is where this one goes",
        ),
        (
            f'{COMMON}state = "x"\nforward = "up <tag>"',
            {},
            'forward: a value of an earlier step reaches the tool by `env`; write "$name" here',
        ),
        (
            f'{COMMON}state = "x"\nforward = "up $TAG"',
            {},
            unset_error(["$TAG"], ()),
        ),
        (ALEMBIC, {}, ""),
        (DJANGO + BACK, {"step": DJANGO}, ""),
    ],
)
def test_a_page_that_could_not_migrate_is_refused(toml: str, boxes: dict[str, str], why: str) -> None:
    others = {name: box("migrate", text) for name, text in boxes.items()}
    assert box("migrate", toml).page_error(others) == why


def test_the_plan_shows_the_commands_and_what_is_compared() -> None:
    assert "on h: $PROGRAM upgrade head" in plan(box("migrate", ALEMBIC))
    assert "the state is asked before and after, and must have changed" in plan(box("migrate", ALEMBIC))
    assert "STATE_BEFORE is the state before the step" in plan(box("migrate", ALEMBIC + BACK))
