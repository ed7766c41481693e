"""`migrate` where a migration fails outside of a transaction, so that its tool records nothing."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest

from bot.rehearsal.target.postgres import OWNER, SUPERUSER, Postgres
from bot.tools.places import DatabasePlace
from bot.tools.postgres.database import PostgresDatabase
from bot.tools.secrets import Redactor
from commands.steps.base import execute
from commands.steps.outcome import Context
from tests.commands.steps.builders import box
from tests.commands.steps.databases import create_databases, run_sql
from tests.commands.steps.kinds.test_migrate import ALEMBIC, BACK, COLUMNS, DJANGO, NOT_IN_STATE, Project
from tests.commands.steps.migration_projects import alembic_project, alembic_revision, django_project

BOTH = ("ALTER TABLE orders ADD COLUMN price int", "CREATE INDEX CONCURRENTLY wrong ON orders (missing)")
IN_DJANGO = f"""\
from django.db import migrations


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("shop", "0001_initial")]
    operations = [migrations.RunSQL("{BOTH[0]}"), migrations.RunSQL("{BOTH[1]}")]
"""
IN_ALEMBIC = f"""\
from alembic import op

revision = "bbb2"
down_revision = "aaa1"


def upgrade():
    with op.get_context().autocommit_block():
        op.execute("{BOTH[0]}")
        op.execute("{BOTH[1]}")


def downgrade():
    op.execute("ALTER TABLE orders DROP COLUMN price")
"""
ON_DB = 'database = "db"\nverify = [{ says = "one", expect = 1, sql = "SELECT 1" }]\n'


def on_database(project: Project, url: str, step: str = "step", attempt: int = 1) -> Context:
    """The context of an attempt, whose page knows the database."""
    ctx = project.context(step, attempt)
    database = PostgresDatabase({"db": DatabasePlace(url=url)}, {}, Redactor([]))
    return replace(ctx, tools=replace(ctx.tools, database=database))


@pytest.mark.fault("not looked at, and said to be fine")
@pytest.mark.parametrize("tool", ["django", "alembic"])
def test_what_a_migration_left_outside_of_a_transaction_is_not_called_as_before(
    postgres: Postgres, tmp_path: Path, tool: str
) -> None:
    create_databases(postgres, "migrated")
    url = postgres.url(OWNER, "migrated")
    if tool == "django":
        django_project(tmp_path, url)
        (tmp_path / "shop/migrations/0002_price.py").write_text(IN_DJANGO)
        project, toml = Project(tmp_path, url), DJANGO
    else:
        project, toml = Project(tmp_path, alembic_project(tmp_path, url)), ALEMBIC
        (tmp_path / "migrations/versions/bbb2.py").write_text(IN_ALEMBIC)
    failed = project.run(toml)
    assert failed.summary.startswith("The migrations failed with exit code 1. The state is still “"), failed.summary
    assert failed.summary.endswith(f"”. {NOT_IN_STATE}")
    back = project.run(toml + BACK, "back")
    assert run_sql(url, COLUMNS) == [("id",), ("price",)]
    assert back.summary.endswith(f", as before the deploy. The tool recorded no migration of this run. {NOT_IN_STATE}")


@pytest.mark.fault("it exists, so it is right")
def test_an_index_that_was_left_invalid_and_that_the_tool_skips_is_named(postgres: Postgres, tmp_path: Path) -> None:
    create_databases(postgres, "migrated")
    url = postgres.url(OWNER, "migrated")
    project = Project(tmp_path, alembic_project(tmp_path, url))
    run_sql(url, "INSERT INTO orders VALUES (1), (1)")
    index = "UNIQUE INDEX CONCURRENTLY {} orders_id ON orders (id)"
    with pytest.raises(psycopg.errors.UniqueViolation):
        run_sql(url, f"CREATE {index.format('')}")
    skips = IN_ALEMBIC.replace(BOTH[1], f"CREATE {index.format('IF NOT EXISTS')}")
    (tmp_path / "migrations/versions/bbb2.py").write_text(skips)
    outcome = execute(box("migrate", ALEMBIC + ON_DB), on_database(project, url))
    assert outcome.state == "done", outcome.summary
    assert outcome.summary.endswith(
        "But there are invalid indexes, which no query uses (or which are still being built): orders_id. "
        "Every verify query passed."
    )


@pytest.mark.fault("not looked at, and said to be fine")
def test_an_index_that_the_steps_own_limit_leaves_invalid_is_named_with_the_limit(
    postgres: Postgres, tmp_path: Path
) -> None:
    create_databases(postgres, "migrated")
    url = postgres.url(OWNER, "migrated")
    project = Project(tmp_path, alembic_project(tmp_path, url))
    concurrently = IN_ALEMBIC.replace(f'        op.execute("{BOTH[0]}")\n', "").replace("wrong", "by_id")
    (tmp_path / "migrations/versions/bbb2.py").write_text(concurrently.replace("(missing)", "(id)"))
    toml = f'{ALEMBIC}lock_timeout = "0.3 s"\n{ON_DB}'
    with psycopg.connect(url, application_name="monthly report") as other:
        other.execute("INSERT INTO orders VALUES (1)")
        first = execute(box("migrate", toml), on_database(project, url))
    left = "Invalid indexes are there (or still being built), which a further attempt may trip over: by_id."
    limit = "A statement waited longer than the step's `lock_timeout` (0.3 s) for other transactions to end; "
    assert first.state == "failed"
    assert (limit in first.summary, first.summary.endswith(left)) == (True, True), first.summary
    who = rf"by session [0-9]+ \(monthly report, user {OWNER}\) on public\.orders\."
    assert re.search(f"In database db locks are kept just now {who}", first.summary), first.summary
    again = execute(box("migrate", toml), on_database(project, url, attempt=2))
    assert (limit in again.summary, again.summary.endswith(left)) == (False, True), again.summary
    back = execute(box("migrate", toml + BACK), on_database(project, url, "back"))
    assert back.state == "done"
    assert back.summary.endswith(f"{NOT_IN_STATE} {left} Every verify query passed."), back.summary


def test_a_migration_that_a_deadlock_ended_says_so(postgres: Postgres, tmp_path: Path) -> None:
    create_databases(postgres, "migrated")
    url = postgres.url(OWNER, "migrated")
    project = Project(tmp_path, alembic_project(tmp_path, url))
    run_sql(url, "CREATE TABLE shelves (id int)")
    both = "ALTER TABLE orders ADD COLUMN price int; ALTER TABLE shelves ADD COLUMN width int"
    alembic_revision(tmp_path, "bbb2", "aaa1", both, "SELECT 1")
    # so that the migration is the one that looks for a deadlock, when there is one
    run_sql(postgres.url(SUPERUSER), "ALTER DATABASE migrated SET deadlock_timeout = '2s'")
    with psycopg.connect(postgres.url(SUPERUSER, "migrated")) as other, ThreadPoolExecutor() as pool:
        other.execute("SET deadlock_timeout = '60s'; LOCK TABLE shelves")
        toml = f'{ALEMBIC}lock_timeout = "30 s"\n{ON_DB}'
        migration = pool.submit(execute, box("migrate", toml), on_database(project, url))
        waiting = "SELECT 1 FROM pg_locks WHERE NOT granted AND relation = 'shelves'::regclass"
        while not run_sql(url, waiting) and not migration.done():
            pass
        other.execute("SELECT * FROM orders")
        outcome = migration.result()
    assert outcome.state == "failed"
    assert f"The state is still “aaa1”. {NOT_IN_STATE} PostgreSQL ended a deadlock: " in outcome.summary


@pytest.mark.fault("not looked at, and said to be fine")
def test_who_keeps_the_advisory_lock_that_the_tool_waited_for_is_named(postgres: Postgres, tmp_path: Path) -> None:
    create_databases(postgres, "migrated")
    url = postgres.url(OWNER, "migrated")
    project = Project(tmp_path, alembic_project(tmp_path, url))
    waits = IN_ALEMBIC.replace(BOTH[0], "SELECT pg_advisory_lock(8675309)")
    (tmp_path / "migrations/versions/bbb2.py").write_text(waits)
    with psycopg.connect(url, application_name="another deploy") as other:
        other.execute("SELECT pg_advisory_lock(8675309)")
        outcome = execute(box("migrate", f'{ALEMBIC}lock_timeout = "0.3 s"\n{ON_DB}'), on_database(project, url))
    who = rf"by session [0-9]+ \(another deploy, user {OWNER}\) on advisory lock 8675309\."
    assert re.search(f"In database db locks are kept just now {who}", outcome.summary), outcome.summary
