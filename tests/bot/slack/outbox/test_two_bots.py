"""Two bots on one record: every message once and in order, whoever dies."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import pytest

from bot.rehearsal.target.postgres import Postgres
from bot.rehearsal.workspace import Workspace
from bot.settings import Settings
from state.events import RunHeld
from state.postgres.numbers import POSTER
from state.records import NewEvent
from state.sqlite.store import Store
from state.store import RecordStore
from tests.bot.slack.run_writer import PAGE, deps_of
from tests.bot.slack.slack_box import PEOPLE, SlackBox
from tests.pages import NOON
from tests.state.kept import KeptInPostgres


@pytest.fixture
def kept(postgres: Postgres, tmp_path: Path) -> Iterator[KeptInPostgres]:
    """The record of both bots."""
    record = KeptInPostgres(postgres, tmp_path)
    record.prepare()
    yield record
    record.close()


def box_on(store: RecordStore, workspace: Workspace, folder: Path) -> SlackBox:
    """One bot on the workspace."""
    settings = Settings(
        bot_token=workspace.bot_token,
        app_token=workspace.app_token,
        api_url=workspace.api_url,
        runbook=folder,
        state=folder / "unused.db",
    )
    of = cast("Store", store)
    return SlackBox(of, deps_of(of), PAGE, workspace, settings)


def held(number: int) -> NewEvent:
    return NewEvent(data=RunHeld(person="U1", door="in Slack", reason=f"reason {number:02}"))


def reasons(workspace: Workspace, most: int) -> list[int]:
    """The numbers of the reasons in the thread, in the order of its messages."""
    texts = [f"{message.text} {message.blocks}" for message in workspace.messages()]
    return [n for text in texts for n in range(most) if f"reason {n:02}" in text]


@pytest.mark.timeout(300)
@pytest.mark.parametrize("dies", ["its session", "its task"])
def test_every_message_is_posted_once_and_in_order_over_a_takeover(
    kept: KeptInPostgres, tmp_path: Path, dies: str
) -> None:
    async def story() -> None:
        workspace = Workspace(PEOPLE)
        await workspace.start()
        first, second = (box_on(kept.open(serving=True), workspace, tmp_path) for _ in range(2))
        try:
            async with second.serving():
                async with first.serving():
                    run = first.start_run()
                    first.store.add_events(run.id, NOON, *map(held, range(6)))
                    await first.wait_until(lambda: reasons(workspace, 99)[:3] == [0, 1, 2], 60)
                    if dies == "its session":
                        kept.admin(f"SELECT pg_terminate_backend(pid) FROM pg_locks WHERE classid = {POSTER}")
                        second.store.add_events(run.id, NOON, *map(held, range(6, 9)))
                        await second.wait_until(lambda: reasons(workspace, 99)[-1:] == [8], 60)
                if dies == "its task":
                    first.store.close()
                    second.store.add_events(run.id, NOON, *map(held, range(6, 9)))
                await second.wait_until(lambda: reasons(workspace, 99)[-1:] == [8], 60)
                await asyncio.sleep(1)
        finally:
            await workspace.stop()
        assert reasons(workspace, 99) == list(range(9))

    asyncio.run(story())
