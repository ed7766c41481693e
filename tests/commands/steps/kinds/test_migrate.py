"""`migrate`: Alembic and Django really run, and are judged by the state that they tell."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg
import pytest

from bot.rehearsal.target.postgres import OWNER, Postgres
from commands.ports.preflight import PreflightResult
from commands.steps.base import execute
from commands.steps.outcome import Context, Outcome
from commands.steps.unset_variables import unset_error
from commands.steps.values import page_texts
from commands.systems.preflight.hosts import HostCheck
from tests.commands.steps.builders import box, context, plan
from tests.commands.steps.databases import create_databases, run_sql
from tests.commands.steps.migration_projects import ALEMBIC as ALEMBIC_PROGRAM
from tests.commands.steps.migration_projects import (
    alembic_project,
    alembic_revision,
    django_migration,
    django_project,
    run_tool,
)
from tests.local_shell import LocalShell
from tests.production import rows
from tests.world import World

COMMON = 'host = "h"\nfolder = "$APP"\nenv = { DATABASE_URL = "$URL" }\n'
ALEMBIC = f'{COMMON}tool = "alembic"\nprogram = "{sys.executable} -m alembic"\n'
DJANGO = f'{COMMON}tool = "django"\nprogram = "{sys.executable} manage.py"\n'
BACK = 'mode = "back"\nundoes = "step"\n'
NAME_A_TOOL = "name a tool (alembic, django, prisma, rails, flyway, golang-migrate), or write the command"
NOT_IN_STATE = "What a failed migration did outside of a transaction stays, and is not in that state."
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

    def looked_at(self, toml: str) -> PreflightResult:
        """The one thing that the look before the start finds."""
        (result,) = self.all_looked_at(toml)
        return result

    def all_looked_at(self, toml: str) -> list[PreflightResult]:
        """What the look before the start finds."""
        check = box("migrate", toml).preflight()[0]  # the others ask the database itself
        assert isinstance(check, HostCheck)
        return check.judge(self.shell.ask("h", check.script, env=page_texts(dict(check.env), {})))


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
    assert forward.summary == ("Migrated from “shop=0001_initial(1)” to “shop=0002_price(2) stock=0001_initial(1)”.")
    back = django.run(DJANGO + BACK, "back")
    assert (back.state, back.summary) == ("done", "The migrations at “shop=0001_initial(1)”, as before the deploy.")
    assert run_sql(url, COLUMNS) == [("id",)]
    assert run_sql(url, "SELECT to_regclass('shelves')") == [(None,)]


def test_an_app_whose_migrations_the_release_squashes_never_goes_to_zero(
    django: Project, tmp_path: Path, url: str
) -> None:
    django.run(DJANGO)
    replaces = [("shop", "0001_initial"), ("shop", "0002_price")]
    django_migration(tmp_path, "shop", "0001_squashed", [], "SELECT 1", "DROP TABLE orders", replaces=replaces)
    more = ("ALTER TABLE orders ADD COLUMN more int", "ALTER TABLE orders DROP COLUMN more")
    django_migration(tmp_path, "shop", "0003_more", [("shop", "0001_squashed")], *more)
    django.files.clear()
    assert django.run(DJANGO, attempt=2).state == "done"
    back = django.run(DJANGO + BACK, "back")
    assert run_sql(url, "SELECT to_regclass('orders')") == [("orders",)]
    # Django cannot take back that it recorded the squashed one, so people look
    assert back.state == "failed"


def test_a_way_back_with_the_old_code_already_there_does_not_pass_for_done(
    django: Project, tmp_path: Path, url: str
) -> None:
    django.run(DJANGO)
    (tmp_path / "shop" / "migrations" / "0002_price.py").unlink()
    (tmp_path / "stock" / "migrations" / "0001_initial.py").unlink()
    back = django.run(DJANGO + BACK, "back")
    assert run_sql(url, COLUMNS) == [("id",), ("price",)]
    assert (back.state, "“shop=0002_price(2) stock=0001_initial(1)”" in back.summary) == ("failed", True)


def test_what_an_alembic_project_prints_by_itself_is_no_state(alembic: Project, tmp_path: Path) -> None:
    _print_first(tmp_path / "migrations" / "env.py")
    assert alembic.run(ALEMBIC).summary == "Migrated from “aaa1” to “bbb2”."
    assert alembic.run(ALEMBIC + BACK, "back").state == "done"


def test_what_a_django_project_prints_by_itself_is_no_state(django: Project, tmp_path: Path) -> None:
    _print_first(tmp_path / "settings.py")
    assert django.run(DJANGO).summary.startswith("Migrated from “shop=0001_initial(1)” to “shop=0002_price(2) ")
    assert django.run(DJANGO + BACK, "back").state == "done"


def _print_first(file: Path) -> None:
    file.write_text(f"print('Uses the database of production')\n{file.read_text()}")


def test_several_heads_are_named_before_the_start_because_alembic_cannot_go_back_to_them(
    alembic: Project, tmp_path: Path
) -> None:
    alembic_revision(tmp_path, "ccc3", "aaa1", "SELECT 1", "SELECT 1")
    assert alembic.run(ALEMBIC + 'forward = "$PROGRAM upgrade heads"').state == "done"
    levels = {}
    for name, toml in {"forward": ALEMBIC, "back": ALEMBIC + BACK, "own": f'{ALEMBIC}{BACK}back = "true"'}.items():
        result = alembic.looked_at(toml)
        levels[name] = (result.level, result.summary.split(" (")[0])
    assert levels["back"] == ("fail", "several heads are applied")
    assert levels["own"][0] == "ok"
    level, why = levels["forward"]
    assert (level, why.partition(" revisions")[0]) == ("fail", "the migration tool would apply nothing: Multiple head")


def test_the_time_limits_reach_the_first_look_too(tmp_path: Path) -> None:
    """A pooler that refuses them does so before the start, not in the window."""
    result = Project(tmp_path, "x").looked_at(COMMON + 'state = "echo $PGOPTIONS"\nforward = "true"')
    assert result.summary == "the migration tool reports its state: “-c lock_timeout=5000”"


def test_a_state_of_several_commands_is_none_if_the_first_fails(tmp_path: Path) -> None:
    project = Project(tmp_path, "x")
    outcome = project.run(COMMON + "state = " + '"""\ncd missing\necho 1\n"""' + '\nforward = "touch changed"')
    assert (outcome.state, (tmp_path / "changed").exists()) == ("failed", False)


def test_an_attempt_that_is_taken_up_again_asks_nothing_of_a_tool_at_work(alembic: Project) -> None:
    ctx = alembic.context()
    ctx.save_file("migrations before step", "aaa1")
    asked = 'state = "[ -e asked ] || { touch asked; exit 1; }; cat asked; echo 2"'
    outcome = execute(box("migrate", f'{COMMON}{asked}\nforward = "touch asked"'), ctx)
    assert (outcome.state, outcome.summary) == ("done", "Migrated from “aaa1” to “2”.")


def test_a_first_migration_is_taken_back_to_nothing(alembic: Project, url: str) -> None:
    assert alembic.run(ALEMBIC + BACK.replace("step", "never"), "back").summary == (
        "Nothing to roll back: the migrations never began."
    )
    run_sql(url, "DROP TABLE orders; DROP TABLE alembic_version")
    assert alembic.run(ALEMBIC).summary == "Migrated from “nothing applied” to “bbb2”."
    assert alembic.run(ALEMBIC + BACK, "back").state == "done"
    assert run_sql(url, "SELECT to_regclass('orders')") == [(None,)]


def test_a_tool_that_ends_well_and_did_nothing_has_failed(alembic: Project) -> None:
    first = alembic.run(ALEMBIC)
    assert (first.state, first.applied_nothing) == ("done", False)
    alembic.files.clear()
    again = alembic.run(ALEMBIC, "later")
    assert (again.state, again.summary) == (
        "failed",
        "The migrations ended with exit code 0 and changed nothing: the state is still “bbb2”.",
    )
    empty = alembic.run(ALEMBIC + "may_be_empty = true", "empty")
    assert (empty.state, empty.summary, empty.applied_nothing) == ("done", again.summary, True)


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
    assert failed.summary.endswith(f"The state is now “bbb2”. Before the deploy it was “aaa1”. {NOT_IN_STATE}")
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
    said = f"The migrations failed with exit code 1. The state is still “aaa1”. {NOT_IN_STATE} A statement waited"
    assert failed.summary.startswith(f"{said} longer than the step's `lock_timeout` (1 s) for other transactions to ")


def test_a_statement_that_takes_too_long_is_ended(alembic: Project, tmp_path: Path) -> None:
    alembic_revision(tmp_path, "ccc3", "bbb2", "SELECT pg_sleep(60)", "SELECT 1")
    failed = alembic.run(ALEMBIC + 'statement_timeout = "1 s"')
    assert "statement timeout" in failed.output
    assert failed.state == "failed"


def test_what_somebody_took_back_by_hand_holds_again(alembic: Project, url: str, tmp_path: Path) -> None:
    back: Any = box("migrate", ALEMBIC + BACK)
    alembic.run(ALEMBIC)
    assert not back.holds_now(alembic.context("back"))
    run_tool([*ALEMBIC_PROGRAM, "downgrade", "-1"], tmp_path, url.replace("postgresql://", "postgresql+psycopg://"))
    assert back.holds_now(alembic.context("back"))
    assert not box("migrate", ALEMBIC).holds_now(alembic.context())


def test_its_commands_are_named_where_nothing_takes_them_back() -> None:
    assert box("migrate", f'{COMMON}tool = "alembic"').ran() == ("alembic upgrade head",)


def test_after_a_reboot_the_state_decides(alembic: Project) -> None:
    step: Any = box("migrate", ALEMBIC)
    ctx = alembic.context()
    ctx.save_file("migrations before step", "aaa1")
    alembic.shell.dead.add(ctx.key)
    nothing = step.recover(ctx)
    assert (nothing.state, nothing.summary) == (
        "failed",
        f"The bot was interrupted here, and the tool recorded nothing: the state is still “aaa1”. {NOT_IN_STATE}",
    )
    assert alembic.shell.told_to_end == [ctx.key], "a container that it started may still migrate"
    assert execute(step, alembic.context(attempt=2)).state == "done"
    unclear = step.recover(ctx)
    assert (unclear.state, "The state is “bbb2”" in unclear.summary) == ("unknown", True)


def test_a_tool_that_does_not_tell_its_state_changes_nothing(alembic: Project, tmp_path: Path) -> None:
    (tmp_path / "alembic.ini").unlink()
    outcome = alembic.run(ALEMBIC)
    assert outcome.state == "failed"
    assert outcome.summary.startswith("The migration tool does not report its state:")
    assert alembic.files == {}
    result = alembic.looked_at(ALEMBIC)
    assert (result.level, result.summary) == ("fail", outcome.summary.replace("The", "the", 1))


def test_a_state_in_which_a_word_is_masked_is_no_state_to_go_back_to(tmp_path: Path) -> None:
    """As where the database's password is the name of an app: Django would take that app to zero."""
    (tmp_path / "version").write_text("•••=0001_first(1)\n")
    own = f'{COMMON}state = "cat version"\nforward = "echo 4 > version"\nback = "echo $STATE_BEFORE > version"\n'
    project = Project(tmp_path, "unused")
    outcome = project.run(own)
    assert (outcome.state, project.files) == ("failed", {})
    assert outcome.summary == (
        "The state has a word that is masked as a secret, so nothing could go back to it: “•••=0001_first(1)”"
    )
    assert (tmp_path / "version").read_text() == "•••=0001_first(1)\n"
    assert project.looked_at(own).level == "fail"


VERIFIED = """database = "shop"

[[verify]]
says = "column price"
expect = {}
sql = "SELECT count(*) FROM pg_attribute WHERE attname = 'price'"
"""


def test_what_must_hold_after_a_migration_is_asked_beside_its_state(tmp_path: Path) -> None:
    (tmp_path / "version").write_text("3\n")
    own = f'{COMMON}state = "cat version"\nforward = "echo 4 > version"\nback = "echo 3 > version"\n'
    project, world = Project(tmp_path, "unused"), World()
    there: list[int] = [0]
    world.on_sql("attname = 'price'", lambda _: rows(there[0]))
    world.on_sql("NOT indisvalid", lambda _: rows(None))
    sums = iter("abcd")
    world.on_sql("extversion", lambda _: rows(next(sums)))

    def run(toml: str, step: str = "step", attempt: int = 1) -> Outcome:
        ctx = project.context(step, attempt)
        return execute(box("migrate", toml), replace(ctx, tools=replace(ctx.tools, database=world.tools().database)))

    forward, back = own + VERIFIED.format(1), own + BACK + VERIFIED.format(0)
    bad = run(forward)
    assert (bad.state, bad.summary) == ("failed", "Migrated from “3” to “4”. But column price: 0 instead of 1.")
    there[0] = 1
    project.files.clear()
    (tmp_path / "version").write_text("3\n")
    good = run(forward, attempt=2)
    assert good.summary == "Migrated from “3” to “4”. Every verify query passed."
    assert good.compared == ("migrations at “4”", "column price: 1")
    still = run(back, "back")
    assert still.summary == ("The migrations at “3”, as before the deploy. But column price: 1 instead of 0.")
    ctx = project.context("back", 2)
    ctx = replace(ctx, tools=replace(ctx.tools, database=world.tools().database))
    assert not box("migrate", back).holds_now(ctx)
    there[0] = 0
    assert box("migrate", back).holds_now(ctx)
    assert run(back, "back", 3).compared == ("migrations at “3”, as before the deploy", "column price: 0")
    assert "on shop, after: SELECT count(*) FROM pg_attribute WHERE attname = 'price' (expects 1)" in plan(
        box("migrate", forward)
    )


@pytest.mark.fault("foreign words taken for the program's own")
def test_a_warning_that_the_server_gives_every_session_is_no_state(tmp_path: Path) -> None:
    (tmp_path / "said").write_text(
        'WARNING:  database "shop" has a collation version mismatch\nDETAIL:  It was created using version 2.36.\n'
        "HINT:  Rebuild all objects in this database that use the default collation.\n"
    )
    own = f'{COMMON}state = "cat said >&2; cat version || true"\nforward = "echo 4 > version"\n'
    silent = own.replace("cat version", "cat version 2> /dev/null")
    project = Project(tmp_path, "unused")
    assert project.looked_at(silent).summary == "the migration tool reports its state: “nothing applied”"
    assert project.run(silent).summary == "Migrated from “nothing applied” to “4”."
    (tmp_path / "version").unlink()
    assert project.looked_at(own).level == "fail", "what else is said counts"


@pytest.mark.fault("not looked at, and said to be fine")
def test_a_state_on_standard_error_is_none_and_no_rollback_is_done_by_it(tmp_path: Path) -> None:
    (tmp_path / "version").write_text("3\n")
    own = f'{COMMON}state = "cat version >&2"\nforward = "echo 4 > version"\nmay_be_empty = true\n'
    project = Project(tmp_path, "unused")
    said = (
        "migration tool does not report its state: `state` printed nothing on its standard output, and “3” on standard "
        "error; if that is the state, add 2>&1 to it, and if not, 2> /dev/null"
    )
    assert (project.looked_at(own).level, project.looked_at(own).summary) == ("fail", f"the {said}")
    assert project.run(own).summary == f"The {said}"
    assert (tmp_path / "version").read_text() == "3\n"
    # a run that began before that was known
    project.files["migrations before step"] = ""
    back = f'{COMMON}state = "cat version >&2"\nback = "echo 3 > version"\n{BACK}'
    assert project.run(back, "back").summary == f"The {said}"
    told = own.replace(">&2", "; echo loading >&2")
    assert project.run(told, attempt=2).summary == "Migrated from “nothing applied” to “4”."
    silent = own.replace("cat version >&2", "true")
    assert Project(tmp_path, "unused").run(silent).state == "done"


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
        (
            COMMON,
            {},
            f"state: is missing; {NAME_A_TOOL}",
        ),
        (
            f'{COMMON}state = "x"',
            {},
            f"forward: is missing; {NAME_A_TOOL}",
        ),
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
        (
            ALEMBIC + VERIFIED.format(1).replace('database = "shop"', ""),
            {},
            "database: is missing beside verify; add it",
        ),
        (f'{ALEMBIC}database = "shop"', {}, "database: is for verify; add that"),
        (ALEMBIC + VERIFIED.format(1), {}, ""),
        (ALEMBIC, {}, ""),
        (DJANGO + BACK, {"step": DJANGO}, ""),
    ],
)
def test_a_page_that_could_not_migrate_is_refused(toml: str, boxes: dict[str, str], why: str) -> None:
    others = {name: box("migrate", text) for name, text in boxes.items()}
    assert box("migrate", toml).page_error(others) == why


def test_the_plan_shows_the_commands_and_what_is_compared() -> None:
    assert "| $PROGRAM upgrade head" in plan(box("migrate", ALEMBIC))
    assert "the state is asked before and after, and must have changed" in plan(box("migrate", ALEMBIC))
    assert "STATE_BEFORE is the state before the step" in plan(box("migrate", ALEMBIC + BACK))


@pytest.mark.parametrize(
    ("repository", "folder", "first", "warned"),
    [
        ("$APP", "$APP", "code", True),
        ("$APP", "$APP/", "code", True),
        ("$APP", "$APP/api/db", "code", True),
        ("$APP", "$APP/api", "back", False),
        ("$APP", "$APP2/api", "code", False),
        ("$B", "$APP", "code", False),
    ],
)
def test_the_old_code_may_not_be_there_before_the_way_back(
    repository: str, folder: str, first: str, warned: bool
) -> None:
    checkout = box("checkout", f'host = "h"\nrepository = "{repository}"\ncommit = "<commit>"\nundoes = "put"')
    boxes = {"code": checkout, "back": box("migrate", ALEMBIC.replace("$APP", folder) + BACK)}
    others = {name: boxes[name] for name in (first, *({"code", "back"} - {first}))}
    assert (f"code above puts the old code into {folder}," in boxes["back"].page_warning(others)) is warned
