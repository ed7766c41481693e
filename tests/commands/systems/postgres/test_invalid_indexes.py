"""An invalid index is not taken for the one that a file creates if it is missing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import psycopg
import pytest

from bot.rehearsal.target.postgres import OWNER, Postgres
from commands.ports.preflight import WARN, PreflightContext
from commands.steps.base import execute
from commands.steps.outcome import Context, Outcome
from tests.bot.tools.postgres.test_database import database_at
from tests.commands.steps.builders import box, context
from tests.commands.steps.databases import create_databases, run_sql
from tests.commands.steps.kinds.rehearsed_shop import RehearsedShop
from tests.world import World

# it fails, and leaves the index
FAILS = 'CREATE UNIQUE INDEX CONCURRENTLY "Mail of users" ON users (mail)'
FORWARD = 'ALTER TABLE users ADD extra int;\ncreate unique index\nif not exists "Mail of users" ON users (mail);\n'
VERIFY = "[[verify]]\nsays = 'extra'\nexpect = 1\nsql = \"SELECT count(*) FROM pg_attribute WHERE attname = 'extra'\"\n"
STEP = f'database = "db"\nfile = "f.sql"\n{VERIFY}'


def make_invalid(url: str) -> None:
    run_sql(url, "CREATE TABLE users (mail text); INSERT INTO users VALUES ('a'), ('a')")
    with pytest.raises(psycopg.errors.UniqueViolation):
        run_sql(url, FAILS)
    run_sql(url, "TRUNCATE users")


@pytest.fixture
def url(postgres: Postgres) -> str:
    """A database with such an index."""
    create_databases(postgres, "shop")
    make_invalid(postgres.url(OWNER, "shop"))
    return postgres.url(OWNER, "shop")


def on(url: str, forward: str = FORWARD) -> Context:
    ctx = context(World(), files={"f.sql": forward})
    return replace(ctx, tools=replace(ctx.tools, database=database_at(url)))


def applied(url: str, forward: str = FORWARD) -> Outcome:
    return execute(box("sql", STEP), on(url, forward))


@pytest.mark.fault("it exists, so it is right")
def test_a_file_that_skips_an_invalid_index_has_failed_until_it_is_rebuilt(url: str) -> None:
    for begins in ("f.sql was applied in", "Already applied; nothing was run;"):
        outcome = applied(url)
        assert (outcome.state, outcome.summary.startswith(begins)) == ("failed", True), outcome.summary
        assert '; but the index "Mail of users" is invalid, so no query uses it: an earlier CREATE' in outcome.summary
    run_sql(url, 'REINDEX INDEX "Mail of users"')
    assert applied(url).state == "done"


def test_a_file_that_drops_the_invalid_index_first_is_applied(url: str) -> None:
    assert applied(url, f'DROP INDEX "Mail of users"; {FORWARD}').state == "done"


def test_an_invalid_index_that_the_file_does_not_name_is_no_failure(url: str) -> None:
    assert applied(url, FORWARD.replace("Mail of users", "mail of users")).state == "done"


def test_the_check_before_a_start_names_an_invalid_index_that_the_file_would_skip(url: str) -> None:
    check = box("sql", STEP).preflight()[-1]
    ctx = PreflightContext(tools=on(url).tools, ref="main", files={"f.sql": FORWARD})
    (found,) = check.run_preflight(ctx)
    assert (found.level, '"Mail of users" is invalid' in found.summary) == (WARN, True), found


def test_a_rehearsal_fails_on_an_index_that_is_invalid_in_production_only(postgres: Postgres, tmp_path: Path) -> None:
    shop = RehearsedShop(postgres, tmp_path)
    make_invalid(shop.url)
    shop.change_production("SELECT 1")
    outcome = shop.rehearse_alone(FORWARD, 'DROP INDEX "Mail of users"; ALTER TABLE users DROP extra;')
    assert outcome.state == "failed"
    assert outcome.summary.startswith('In the database itself the index "Mail of users" is invalid'), outcome.summary
    other = shop.rehearse_alone("ALTER TABLE users ADD extra int;", "ALTER TABLE users DROP extra;")
    assert other.state == "done", other.summary
