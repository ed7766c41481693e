"""What a rollback loses, counted on a real PostgreSQL around a migration that makes rows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from bot.rehearsal import target
from bot.rehearsal.target.postgres import OWNER, Postgres
from bot.settings import read_pages, shipped_runbooks
from bot.tools.places import DatabasePlace
from bot.tools.postgres.database import PostgresDatabase
from bot.tools.secrets import Redactor
from commands.ports.page_text import DatabaseAddress
from commands.ports.tools import Tools
from commands.rollback.loss import lost, with_loss
from commands.rollback.loss_monitor import LossMonitor
from commands.runbook import Page
from commands.steps.outcome import Outcome, done
from state.records import Attempt, AttemptState, Record, RunState
from tests.commands.steps.databases import create_databases, run_sql
from tests.losing import losing_page
from tests.pages import NOON, record
from tests.world import World

TARGET = Path(target.__file__).parent / "dj_system"
BASELINE = TARGET / "old/backend/api-server/prisma/migrations/20250101000000_baseline/migration.sql"
MANUAL = TARGET / "new/database/migrations/manual"
USERS = """
    INSERT INTO users (email, name, role, password_hash, token) SELECT n, n, 'x', 'x', n FROM generate_series(1, 40) n;
    INSERT INTO projects (name) SELECT n FROM generate_series(1, 42) n;
    INSERT INTO job_types (name) SELECT n FROM generate_series(1, 6) n;
"""
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
    played = Played(page, tools)
    played.play("migrate", lambda: run_sql(url, FORWARD))
    run_sql(url, "INSERT INTO flows (job, amount) SELECT n, 1.25 FROM generate_series(1, 3) n")
    played.play("migrate-back", lambda: run_sql(url, "ALTER TABLE flows DROP COLUMN job, DROP COLUMN amount"))
    assert lost(page, played.record(RunState.ROLLED_BACK)) == text


def test_on_the_shipped_page_rows_that_the_migration_made_are_no_loss(postgres: Postgres) -> None:
    page = read_pages(shipped_runbooks())["option-a.md"]
    create_databases(postgres, "djflows")
    url = postgres.url(OWNER, "djflows")
    run_sql(url, BASELINE.read_text())
    run_sql(url, USERS)
    place = DatabasePlace(url=DatabaseAddress("$DB"))
    database = PostgresDatabase({"production": place}, {"DB": url}, Redactor(()))
    played = Played(page, replace(World().tools(), database=database))

    assert played.loss_now() == "", "before the change a rollback loses nothing, and the query would fail"
    played.play("migration", lambda: run_sql(url, (MANUAL / "016_extend_v1_remove_v2_approval_flow.sql").read_text()))
    assert run_sql(url, "SELECT count(*) FROM approval_flows WHERE job_type_id IS NOT NULL") == [(84,)]
    made = "approval flows with a job type, made since the migration"
    assert played.loss_now() == f"0 {made}"
    run_sql(url, "INSERT INTO approval_flows (project_id, level, approver_id, job_type_id) VALUES (1, 1, 2, 3)")
    assert played.loss_now() == f"1 {made}"
    back = (MANUAL / "016_ROLLBACK_extend_v1_remove_v2.sql").read_text()
    played.play("rollback-database", lambda: run_sql(url, back))
    assert lost(page, played.record(RunState.ROLLED_BACK)) == f"1 {made}"


class Played:
    """The steps that were played of a page, with what was counted around each."""

    def __init__(self, page: Page, tools: Tools) -> None:
        self._page, self._tools = page, tools
        self._attempts: list[Attempt] = []

    def record(self, state: RunState = RunState.GOING) -> Record:
        """The record so far."""
        return record(*self._attempts, state=state)

    def play(self, step: str, work: Callable[[], object]) -> None:
        """Play a step, which does this work."""
        running = Attempt(step=step, attempt=1, state=AttemptState.RUNNING, began_at=NOON)
        before = record(*self._attempts, running)
        page, tools = self._page, self._tools
        outcome = with_loss(page, before, page.step(step), tools, lambda: _did(work), recovering=False)
        self._attempts.append(replace(running, state=outcome.state, outcome=outcome.as_data()))

    def loss_now(self) -> str:
        """What the card would say that a rollback loses now."""
        assert self._page.rollback.loses
        monitor = LossMonitor(None, self._page, 1, self._tools)  # type: ignore[arg-type]
        return monitor._loss_now(self._page.rollback.loses, self.record())


def _did(work: Callable[[], object]) -> Outcome:
    work()
    return done("It is applied.")
