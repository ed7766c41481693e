"""What PostgreSQL says of a statement prepared before a migration is told as that."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest

from bot.rehearsal.target.postgres import OWNER, Postgres
from commands.systems.postgres.stale_plans import stale_plans
from tests.commands.steps.databases import create_databases, run_sql
from tests.commands.steps.service_log import append, mark, read

CURE = "The application's prepared statements are older than the migration: restart what says so."


@pytest.mark.fault("a cause that nobody has seen")
def test_the_log_of_an_application_that_reads_a_table_with_another_column_names_the_cause(
    postgres: Postgres, tmp_path: Path
) -> None:
    create_databases(postgres, "shop")
    url = postgres.url(OWNER, "shop")
    run_sql(url, "CREATE TABLE orders (id int)")
    log = tmp_path / "api.log"
    log.write_text("")
    began = mark(log)
    with psycopg.connect(url, autocommit=True) as application:
        application.execute("SELECT * FROM orders", prepare=True)
        run_sql(url, "ALTER TABLE orders ADD COLUMN price int")
        with pytest.raises(psycopg.errors.FeatureNotSupported) as said:
            application.execute("SELECT * FROM orders", prepare=True)
        append(log, f"ERROR: {said.value}\n")
        outcome = read(log, began)
        assert outcome.state == "failed"
        assert outcome.summary == (
            f"1 new line with error or fatal since the restart. {CURE} Behind a pooler that keeps them, a restart is "
            "not enough; there its connections must be made anew (PgBouncer: RECONNECT)."
        )
        assert said.value.diag.source_function == "RevalidateCachedQuery"
    with psycopg.connect(url) as restarted:
        restarted.execute("SELECT * FROM orders", prepare=True)


@pytest.mark.parametrize("line", ["error: cached plan not found", "error: prepared statement S_1 does not exist"])
def test_other_errors_of_prepared_statements_have_other_causes(line: str) -> None:
    assert stale_plans([line]) == ""
