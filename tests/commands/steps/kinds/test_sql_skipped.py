"""What IF NOT EXISTS skips is said by `sql` and `rehearse`; a real PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.rehearsal.target.postgres import OWNER, Postgres
from bot.tools.places import DatabasePlace
from bot.tools.postgres.database import PostgresDatabase
from bot.tools.secrets import Redactor
from commands.steps.base import execute
from commands.steps.outcome import Outcome
from tests.commands.steps.builders import box, context
from tests.commands.steps.databases import create_databases, run_sql
from tests.commands.steps.kinds.rehearsed_shop import VERIFY_ONE, RehearsedShop
from tests.world import World

KIND = "it exists, so it is right"
COLUMN = "ALTER TABLE kept ADD COLUMN IF NOT EXISTS extra integer;\n"
BY_HAND = "ALTER TABLE kept ADD COLUMN extra text"
VERIFY = """
already = [{ says = "new", expect = 1, sql = "SELECT count(*) FROM pg_class WHERE relname = 'fresh'" }]
verify = [{ says = "new", expect = 1, sql = "SELECT count(*) FROM pg_class WHERE relname = 'fresh'" }]
"""


@pytest.fixture
def shop(postgres: Postgres, tmp_path: Path) -> RehearsedShop:
    shop = RehearsedShop(postgres, tmp_path)
    shop.change_production(BY_HAND)
    return shop


@pytest.fixture
def url(postgres: Postgres) -> Iterator[str]:
    create_databases(postgres, "skips")
    yield postgres.url(OWNER, "skips")


def applied(url: str, text: str) -> Outcome:
    """The step with this file."""
    ctx = context(World(), files={"f.sql": text})
    database = PostgresDatabase({"d": DatabasePlace(url=url)}, {}, Redactor([]))
    ctx = replace(ctx, tools=replace(ctx.tools, database=database))
    return execute(box("sql", 'database = "d"\nfile = "f.sql"\n' + VERIFY), ctx)


@pytest.mark.fault(KIND)
@pytest.mark.parametrize("quiet", [False, True], ids=["usual", "a role without notices"])
def test_a_column_that_was_there_in_another_form_is_named(url: str, quiet: bool) -> None:
    run_sql(url, "CREATE TABLE kept (id int, extra text)")
    if quiet:
        run_sql(url, "ALTER DATABASE skips SET client_min_messages = error")
    outcome = applied(url, COLUMN + "CREATE TABLE fresh (id int)")
    said = 'column "extra" of relation "kept"'
    assert outcome.state == "done"
    assert outcome.summary.endswith(
        f"every verify query passed. IF NOT EXISTS skipped 1 object that may differ from the file: {said}."
    )
    assert outcome.not_compared == (f"whether {said} is as f.sql says: IF NOT EXISTS skipped it",)


@pytest.mark.fault(KIND)
def test_a_table_and_an_index_that_were_there_are_named(url: str) -> None:
    run_sql(url, "CREATE TABLE kept (id int); CREATE INDEX fast ON kept (id)")
    table = "CREATE TABLE IF NOT EXISTS kept (id int, total numeric);\n"
    outcome = applied(url, table + "CREATE INDEX IF NOT EXISTS fast ON kept ((id + 1));\nCREATE TABLE fresh (id int)")
    assert outcome.summary.endswith(
        'IF NOT EXISTS skipped 2 objects that may differ from the file: relation "kept", relation "fast".'
    )
    assert outcome.lines[1:] == ('skipped: relation "kept" already exists', 'skipped: relation "fast" already exists')


def test_nothing_is_said_of_what_has_no_form_of_its_own_and_of_what_was_not_there(url: str) -> None:
    run_sql(url, "CREATE SCHEMA more")
    nothing = (
        "CREATE SCHEMA IF NOT EXISTS more;\nDROP TABLE IF EXISTS nobody;\nCREATE TABLE IF NOT EXISTS fresh (id int)"
    )
    outcome = applied(url, nothing)
    assert (outcome.state, outcome.not_compared) == ("done", ())
    assert outcome.summary.endswith("every verify query passed.")


@pytest.mark.fault(KIND)
def test_a_rehearsal_says_that_the_file_changes_nothing_there(shop: RehearsedShop) -> None:
    done = shop.rehearse(COLUMN, "SELECT 1;\n", returns=(), verify=VERIFY_ONE)
    skips = 'in forward, IF NOT EXISTS skips column "extra" of relation "kept", which may differ from the file'
    assert (done.state, skips in done.lines) == ("done", True), done.lines
    assert done.summary.endswith(f"; {skips}.")


@pytest.mark.fault(KIND)
def test_a_rollback_that_drops_what_was_there_is_not_all_that_is_blamed(shop: RehearsedShop) -> None:
    failed = shop.rehearse(COLUMN, "ALTER TABLE kept DROP COLUMN IF EXISTS extra;\n", returns=(), verify=VERIFY_ONE)
    assert failed.summary == (
        "On the copy, the rollback does not restore the schema; nothing else was touched. Also, in forward, "
        'IF NOT EXISTS skips column "extra" of relation "kept", which may differ from the file.'
    )
