"""What a rollback loses, counted on a real PostgreSQL around a migration that makes rows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from bot.rehearsal.target.postgres import OWNER, Postgres
from bot.tools.places import DatabasePlace
from bot.tools.postgres.database import PostgresDatabase
from bot.tools.secrets import Redactor
from commands.ports.page_text import DatabaseAddress
from commands.rollback.loss import lost, with_loss
from commands.steps.outcome import Outcome, done
from state.records import Attempt, AttemptState, RunState
from tests.commands.steps.databases import create_databases, run_sql
from tests.losing import losing_page
from tests.pages import NOON, record
from tests.world import World

FORWARD = """
    ALTER TABLE flows ADD COLUMN job integer, ADD COLUMN amount numeric;
    INSERT INTO flows (job, amount) SELECT n, 0.5 FROM generate_series(1, 84) n;
"""


@pytest.mark.fault("old evidence")
@pytest.mark.parametrize(
    ("sql", "text"),
    [
        ("SELECT count(*) FROM flows WHERE job IS NOT NULL", "3 flows with a job"),
        ("SELECT sum(amount) FROM flows", "3.75 flows with a job"),
    ],
)
def test_only_what_users_made_after_the_migration_is_lost(postgres: Postgres, sql: str, text: str) -> None:
    create_databases(postgres, "flowing")
    url = postgres.url(OWNER, "flowing")
    run_sql(url, "CREATE TABLE flows (id serial PRIMARY KEY); INSERT INTO flows DEFAULT VALUES")
    page = losing_page("flows with a job", sql)
    place = DatabasePlace(url=DatabaseAddress("$DB"))
    tools = replace(World().tools(), database=PostgresDatabase({"shop": place}, {"DB": url}, Redactor(())))
    attempts: list[Attempt] = []

    def play(step: str, work: Callable[[], object]) -> None:
        running = Attempt(step=step, attempt=1, state=AttemptState.RUNNING, began_at=NOON)
        outcome = with_loss(
            page, record(*attempts, running), page.step(step), tools, lambda: _did(work), recovering=False
        )
        attempts.append(replace(running, state=outcome.state, outcome=outcome.as_data()))

    play("migrate", lambda: run_sql(url, FORWARD))
    run_sql(url, "INSERT INTO flows (job, amount) SELECT n, 1.25 FROM generate_series(1, 3) n")
    play("migrate-back", lambda: run_sql(url, "ALTER TABLE flows DROP COLUMN job, DROP COLUMN amount"))
    assert lost(page, record(*attempts, state=RunState.ROLLED_BACK)) == text


def _did(work: Callable[[], object]) -> Outcome:
    work()
    return done("It is applied.")
