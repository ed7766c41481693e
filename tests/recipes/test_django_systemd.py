"""The recipe for Django under systemd, played: through kills of the bot, and back."""

from __future__ import annotations

import asyncio
import contextlib
import os
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from bot.rehearsal.role_holders import CHANNEL, PEOPLE, ROLE_HOLDERS, role_environment
from bot.rehearsal.workspace import Workspace
from bot.settings import read_page_file
from state.records import ACTIVE
from state.sqlite.store import Store
from tests.crash.sandbox import BotProcess
from tests.crash.simulated_users import SimulatedUsers, start_run
from tests.recipes.django_shop import Shop, shop

PAGE = Path(__file__).parents[2] / "docs" / "recipes" / "django-systemd.md"
PATIENCE = 120.0  # seconds for a step to begin, or a run to end
TIMEOUT = 500.0  # seconds for all
pytestmark = pytest.mark.timeout(TIMEOUT + 120)  # with the production that it needs


@dataclass
class Play:
    """The parts of a play."""

    shop: Shop
    workspace: Workspace
    bot: BotProcess
    store: Store
    run: int = 0

    async def kill_in(self, step: str) -> None:
        """Kill the bot as soon as a step runs, and start it again."""
        await self.wait_for(step)
        await self.bot.kill()
        self.bot.start()

    async def wait_for(self, step: str) -> None:
        """Wait until a step has begun."""
        until = time.monotonic() + PATIENCE
        while self.store.record(self.run).last(step) is None:
            assert self.store.run(self.run).state in ACTIVE, "\n".join(self.problems())
            assert time.monotonic() < until, f"{step} has not begun: {self.problems()}"
            await asyncio.sleep(0.02)

    async def end(self) -> str:
        """Wait until the run is over. Returns how it ended."""
        until = time.monotonic() + PATIENCE
        while self.store.run(self.run).active:
            assert time.monotonic() < until, f"the run has not ended: {self.problems()}"
            await asyncio.sleep(0.1)
        return self.store.run(self.run).state

    def problems(self) -> list[str]:
        """The attempts that did not succeed."""
        attempts = self.store.record(self.run).attempts
        return [f"{one.step}: {one.summary} {one.outcome.get('lines')}" for one in attempts if one.state != "done"]


@contextlib.asynccontextmanager
async def opened(production: Shop, folder: Path, *, keep: bool) -> AsyncIterator[Play]:
    """A run of the page that has begun, with people who sign."""
    workspace = Workspace(PEOPLE, CHANNEL)
    env = {name: value for name, value in os.environ.items() if "proxy" not in name.lower()}
    env |= {**production.env, **role_environment(), "GONOGO_RUNBOOK": str(PAGE), "GONOGO_STATE": str(folder / "db")}
    env |= {"SLACK_BOT_TOKEN": workspace.bot_token, "SLACK_APP_TOKEN": workspace.app_token}
    bot = BotProcess(env=env, log=folder / "bot.log")
    playing: asyncio.Task[Any] | None = None
    await workspace.start()
    try:
        env |= {"SLACK_API_URL": workspace.api_url, "GONOGO_WATCH_SPEED": "240"}
        bot.start()
        store = Store(folder / "db")
        play = Play(production, workspace, bot, store)
        play.run = await start_run(play, store, PAGE.name, 120)  # type: ignore[arg-type]
        users = SimulatedUsers(play, lambda _: "again", keep=keep)  # type: ignore[arg-type]
        playing = asyncio.create_task(users.play())
        yield play
        store.close()
    finally:
        if playing:
            playing.cancel()
        await bot.stop()
        await workspace.stop()


def test_the_page_is_read_without_a_mistake() -> None:
    assert read_page_file(PAGE).title.startswith("Deploy the shop")


def test_the_recipe_deploys_through_kills_of_the_bot_and_rolls_back(tmp_path: Path) -> None:
    with shop(tmp_path) as production:
        asyncio.run(asyncio.wait_for(_deploy(production, tmp_path), TIMEOUT))


async def _deploy(production: Shop, folder: Path) -> None:
    (folder / "first").mkdir()
    async with opened(production, folder / "first", keep=False) as play:
        await play.kill_in("migrations")
        await play.kill_in("restart")
        await play.wait_for("orders")
        assert (production.runs, production.applied("0002_note")) == (production.new, 1), play.problems()
        assert "note" in production.columns
        await play.workspace.command(ROLE_HOLDERS["dba"].id, "/deploy rollback the page looks wrong")
        await play.kill_in("migrations-back")
        assert await play.end() == "rolled back", play.problems()
    assert (production.runs, production.applied("0002_note")) == (production.old, 0)
    assert "note" not in production.columns

    (folder / "second").mkdir()
    async with opened(production, folder / "second", keep=True) as play:
        assert await play.end() == "kept", play.problems()
    assert (production.runs, production.applied("0002_note")) == (production.new, 1)
