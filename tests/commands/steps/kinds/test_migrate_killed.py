"""`migrate`: what a killed tool leaves at work in the database ends, or is named."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import psycopg
import pytest

from bot.rehearsal.target.postgres import APP, OWNER, Postgres
from commands.steps.base import execute
from commands.steps.outcome import Context, Outcome
from commands.systems.migrations.session_name import at_work, session_name
from tests.bot.tools.helpers import eventually, local_shell
from tests.bot.tools.postgres.test_database import database_at
from tests.commands.steps.builders import box, context
from tests.commands.steps.databases import create_databases, run_sql
from tests.commands.steps.migration_projects import alembic_project, alembic_revision
from tests.world import World

pytestmark = pytest.mark.fault("not looked at, and said to be fine")
FOUND = "SELECT count(*) FROM pg_attribute WHERE attrelid = 'orders'::regclass AND attnum > 0 AND NOT attisdropped"
ADDS, DROPS = "ALTER TABLE orders ADD COLUMN price int", "ALTER TABLE orders DROP COLUMN price"
VERIFY = 'database = "db"\nverify = [{ says = "orders", expect = 0, sql = "SELECT count(*) FROM orders" }]\n'
COMMON = f'host = "box"\nfolder = "$APP"\nenv = {{ DATABASE_URL = "$URL" }}\nlock_timeout = "1 h"\n{VERIFY}'
TOOL = f"""{COMMON}
state = '''psql -XAtc "{FOUND}" "$DATABASE_URL"'''
forward = '''%s psql -Xc "{ADDS}" "$DATABASE_URL"'''
"""
ALEMBIC = f'{COMMON}tool = "alembic"\nprogram = "{sys.executable} -m alembic"\n'
BACK = 'mode = "back"\nundoes = "step"\n'
OWN_BACK = f"back = '''psql -Xc \"{DROPS}\" \"$DATABASE_URL\"'''\n"
DEAF = "PGOPTIONS="  # a client that does not read it
KILLED = "It ran over its limit of 3 s and was killed."


class Killed:
    """A database with a table that another session reads for long, and the real jobs of one run."""

    def __init__(self, folder: Path, url: str) -> None:
        self.url = url
        # a URL of SQLAlchemy's form, as alembic reads it; libpq does not know that form
        self.shell = local_shell(folder, APP=str(folder), URL=url)
        self.files: dict[str, str] = {}

    def run(self, toml: str, step: str = "step", attempt: int = 1, at: str = "", run: str = "run-1") -> Outcome:
        """The outcome of an attempt at the step of this id. `at`: where the bot itself looks for the database."""
        files = self.files if run == "run-1" else {}
        ctx = context(World(rate=1), shell=self.shell, files=files, attempt=attempt)
        more = {
            "tools": replace(ctx.tools, database=database_at(at or self.url)),
            "key": f"{run}/{step}/{attempt}",
            "boxes": {name: box("migrate", TOOL % "") for name in ("step", "other")},
        }
        return execute(box("migrate", toml), Context(**{**vars(ctx), **more}))

    def killed(self, toml: str, step: str = "step", run: str = "run-1") -> str:
        """The sentence where an attempt runs over its limit."""
        outcome = self.run(f'{toml}limit = "3 s"\n', step, run=run)
        assert outcome.state == "failed"
        return outcome.summary

    def columns(self) -> int:
        """How many the table has."""
        return int(str(run_sql(self.url, FOUND)[0][0]))

    def waiting(self) -> list[tuple[object, ...]]:
        """The sessions that wait for a lock."""
        return run_sql(self.url, "SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock'")


@pytest.fixture
def shop(postgres: Postgres, tmp_path: Path) -> Iterator[Killed]:
    create_databases(postgres, "migrated")
    shop = Killed(tmp_path, postgres.url(OWNER, "migrated"))
    yield shop
    shop.shell.close()


@pytest.fixture
def reader(shop: Killed) -> Iterator[psycopg.Connection]:
    run_sql(shop.url, "CREATE TABLE IF NOT EXISTS orders (id int)")
    with psycopg.connect(shop.url) as other:
        other.execute("SELECT FROM orders")
        yield other


def test_a_session_whose_tool_was_killed_while_it_waited_ends_and_changes_nothing_later(
    shop: Killed, reader: psycopg.Connection
) -> None:
    assert shop.killed(TOOL % "") == KILLED
    assert shop.waiting() == []
    reader.rollback()
    back = shop.run(TOOL % "" + BACK + OWN_BACK, "back")
    assert (back.state, shop.columns()) == ("done", 1)


def test_a_session_that_goes_on_without_its_tool_is_named_and_nothing_is_called_as_before(
    shop: Killed, reader: psycopg.Connection
) -> None:
    said = shop.killed(TOOL % DEAF)
    ((pid,),) = shop.waiting()
    named = (
        "A session of the migration still works in database db without its tool, and may yet change it: end it there "
        f"(SELECT pg_terminate_backend({pid}))."
    )
    assert said == f"{KILLED} {named}"
    back = shop.run(TOOL % DEAF + BACK + OWN_BACK, "back")
    assert (back.state, back.summary) == ("failed", f"Nothing was rolled back. {named}")
    again = shop.run(TOOL % DEAF, attempt=2)
    assert (again.state, again.summary) == ("failed", f"Nothing was run. {named}")
    reader.rollback()
    assert eventually(lambda: shop.columns() == 2), "the change came about after all"
    back = shop.run(TOOL % DEAF + BACK + OWN_BACK, "back", attempt=2)
    assert (back.state, shop.columns()) == ("done", 1), back.summary


@pytest.mark.parametrize(
    ("address", "reads"),
    [
        ("{url}?application_name=shop", '"$URL"'),
        # as a driver of Java, which knows its own name for that and reads no variable
        ("jdbc:{url}", '"$(sed "s/^jdbc://; s/ApplicationName/application_name/" <<< "$URL")"'),
        ("jdbc:{url}?ApplicationName=shop", '"$(sed "s/^jdbc://; s/Appl.*Name=/application_name=/" <<< "$URL")"'),
    ],
    ids=["libpq", "jdbc", "jdbc with a name"],
)
def test_a_session_has_the_runs_name_where_only_the_address_is_read(
    shop: Killed, reader: psycopg.Connection, tmp_path: Path, address: str, reads: str
) -> None:
    shop.shell = local_shell(tmp_path, APP=str(tmp_path), URL=address.format(url=shop.url), PLAIN=shop.url)
    toml = f"""host = "box"\nfolder = "$APP"\nenv = {{ DATABASE_URL = "$URL", PLAIN = "$PLAIN" }}\nlock_timeout = "1 h"
state = '''psql -XAtc "{FOUND}" "$PLAIN"'''
forward = '''unset PGAPPNAME PGOPTIONS; URL=$DATABASE_URL; psql -Xc "{ADDS}" {reads}'''
"""
    said = shop.killed(toml)
    ((pid,),) = shop.waiting()
    assert f"SELECT pg_terminate_backend({pid})" in said


def test_a_session_that_another_run_of_the_target_left_is_seen_before_a_migration_and_a_rollback(
    shop: Killed,
) -> None:
    run_sql(shop.url, "CREATE TABLE IF NOT EXISTS orders (id int)")
    assert shop.run(TOOL % "").state == "done"
    other = (TOOL % DEAF).replace("price", "more")
    with psycopg.connect(shop.url) as reader:
        reader.execute("SELECT FROM orders")
        shop.killed(other, run="run-0")
        ((pid,),) = shop.waiting()
        named = (
            "A session of another run's migration still works in database db and may yet change it: end it there "
            f"(SELECT pg_terminate_backend({pid}))."
        )
        assert shop.run(TOOL % "" + BACK + OWN_BACK, "back").summary == f"Nothing was rolled back. {named}"
        assert shop.run(other, run="run-2").summary == f"Nothing was run. {named}"
    assert eventually(lambda: shop.waiting() == [] and shop.columns() == 3)
    assert shop.run(TOOL % "" + BACK + OWN_BACK, "back", attempt=2).state == "failed", (
        "somebody else has migrated since"
    )
    assert shop.run(TOOL % "" + BACK + OWN_BACK, "back", attempt=3).summary.endswith("not “1” as before.")


def test_a_way_back_that_was_killed_while_it_waited_leaves_nothing_either(shop: Killed, tmp_path: Path) -> None:
    shop.url, plain = alembic_project(tmp_path, shop.url), shop.url
    shop.shell = local_shell(tmp_path, APP=str(tmp_path), URL=shop.url)
    shop.url = plain
    alembic_revision(tmp_path, "bbb2", "aaa1", ADDS, DROPS)
    assert shop.run(ALEMBIC).state == "done"
    with psycopg.connect(plain) as other:
        other.execute("SELECT FROM orders")
        assert shop.killed(ALEMBIC + BACK, "back") == KILLED
        assert shop.waiting() == []
    assert shop.columns() == 2
    back = shop.run(ALEMBIC + BACK, "back", attempt=2)
    assert (back.state, shop.columns()) == ("done", 1), back.summary


def test_a_database_that_the_bot_itself_does_not_reach_keeps_nothing_from_being_rolled_back(shop: Killed) -> None:
    run_sql(shop.url, "CREATE TABLE IF NOT EXISTS orders (id int)")
    unverified = (TOOL % "").replace(VERIFY, "")
    assert shop.run(unverified).state == "done"
    back = shop.run(unverified + BACK + OWN_BACK, "back", at="postgresql://127.0.0.1:1/away")
    assert (back.state, shop.columns()) == ("done", 1), back.summary
    (not_seen,) = back.not_compared
    assert not_seen.startswith("whether a session of the migration still works in database db: ")


@pytest.mark.parametrize("tool", ["prisma", "alembic"])
def test_a_prisma_migration_that_a_killed_deploy_left_is_seen_by_its_lock(shop: Killed, tool: str) -> None:
    common = COMMON.replace(VERIFY, "")
    toml = f"{common}tool = \"{tool}\"\nstate = 'echo 1'\nforward = 'true'\nmay_be_empty = true\n"
    with psycopg.connect(shop.url, autocommit=True) as idle:
        idle.execute("SELECT pg_advisory_lock(72707369)")
        outcome = shop.run(toml)
        named = (
            "Nothing was run. A session of a Prisma migration still works in database db (it has the lock 72707369), "
            f"and may yet change it: end it there (SELECT pg_terminate_backend({idle.info.backend_pid}))."
        )
        assert (outcome.summary == named) == (tool == "prisma"), outcome.summary
    assert shop.run(toml).state == "done"


def test_a_session_of_another_role_works_only_while_it_is_in_a_transaction(postgres: Postgres, shop: Killed) -> None:
    database = database_at(postgres.url(APP, "migrated"))
    look = partial(at_work, database, "db", step="run-1/step", run_steps=("run-1/step",), target="shop")
    with psycopg.connect(shop.url, application_name=session_name("run-1/step", "shop"), autocommit=True) as pooled:
        assert look().own == ()
        with pooled.transaction():
            pooled.execute("SELECT 1")
            assert (look().own, look().of_other_runs) == ((pooled.info.backend_pid,), ())
            assert look(step="run-2/step", run_steps=()).of_other_runs == (pooled.info.backend_pid,)
            assert look(step="run-1/other", run_steps=("run-1/other", "run-1/step")).of_other_runs == (), (
                "at the same time"
            )
            assert look(step="run-2/step", run_steps=(), target="another").of_other_runs == ()
