"""What the migrations make is asked of the server itself, beside what else a start does."""

from __future__ import annotations

from contextlib import suppress
from typing import NoReturn

import pytest

from bot.rehearsal.target.loopback import wait_until
from bot.rehearsal.target.postgres import OWNER
from state.errors import BadRecord
from state.postgres import database, schema
from state.postgres.address import PostgresAddress
from state.postgres.connect import open_session
from state.postgres.migrations import Connection
from tests.pages import NOON
from tests.state.kept import DATABASE, KeptInPostgres
from tests.state.sqlite.samples import STARTED, new_run

ALTER = "ALTER TABLE gonogo_record.runs ADD COLUMN foreign_one TEXT"


@pytest.fixture(autouse=True)
def made(monkeypatch: pytest.MonkeyPatch) -> dict[int, schema.Schema | None]:
    """What this process knows of what the migrations make: nothing yet."""
    known: dict[int, schema.Schema | None] = {}
    monkeypatch.setattr(schema, "_made", known)
    return known


def changes(kept: KeptInPostgres) -> list[str]:
    """What is said of the tables once somebody has altered one."""
    store = kept.open()
    run = store.start_run(new_run(), NOON, STARTED)
    kept.admin(ALTER)
    return [change.summary for change in store.changes(run.id) if not change.number]


def test_a_bot_that_serves_has_it_made_before_anybody_needs_it(
    kept: KeptInPostgres, made: dict[int, schema.Schema | None]
) -> None:
    kept.open().close()
    assert not made, "who only reads the record asks when it is needed"
    kept.open(serving=True)
    wait_until(lambda: bool(made), "the look at what the migrations make")
    assert all(made.values())


def test_it_takes_no_session_that_a_start_needs(kept: KeptInPostgres, monkeypatch: pytest.MonkeyPatch) -> None:
    sessions: list[Connection] = []

    def at_once(_: int, address: PostgresAddress) -> None:
        with suppress(BadRecord):
            sessions.append(open_session(address, "gonogo compares"))

    kept.open().close()
    monkeypatch.setattr(database, "look_ahead", at_once)
    kept.admin(f"ALTER ROLE {OWNER} CONNECTION LIMIT 2")
    try:
        kept.open(serving=True)
    finally:
        kept.admin(f"ALTER ROLE {OWNER} CONNECTION LIMIT -1")
    assert not sessions


def test_where_it_could_not_be_made_beforehand_it_is_made_when_it_is_needed(
    kept: KeptInPostgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def full(_: PostgresAddress, application: str) -> NoReturn:
        asked.append(application)
        raise BadRecord("too many clients already")

    with monkeypatch.context() as patch:
        patch.setattr(schema, "open_session", full)
        kept.open(serving=True)
        wait_until(lambda: asked == ["gonogo compares"], "the look at what the migrations make")
    kept.close()
    assert changes(kept) == ["the table runs of the record was altered"]


def test_a_user_without_temporary_tables_is_told_that_nobody_looks(
    kept: KeptInPostgres, caplog: pytest.LogCaptureFixture
) -> None:
    kept.admin(f"REVOKE TEMPORARY ON DATABASE {DATABASE} FROM PUBLIC, {OWNER}")
    try:
        assert changes(kept) == []
    finally:
        kept.admin(f"GRANT TEMPORARY ON DATABASE {DATABASE} TO PUBLIC")
    assert "may not create temporary tables (GRANT TEMPORARY ON DATABASE …)" in caplog.text
