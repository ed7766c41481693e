"""A play of a recipe: its page, real parts, the real bot, and people who sign."""

from __future__ import annotations

import asyncio
import contextlib
import os
import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from bot.rehearsal.role_holders import CHANNEL, PEOPLE, ROLE_HOLDERS, role_environment
from bot.rehearsal.workspace import Workspace
from state.records import ACTIVE
from state.sqlite.store import Store
from tests.crash.sandbox import BotProcess
from tests.crash.simulated_users import SimulatedUsers, start_run

RECIPES = Path(__file__).parents[2] / "docs" / "recipes"
PATIENCE = 300.0  # seconds for a step to begin, or a run to end


@dataclass
class Play:
    """The parts of a play."""

    workspace: Workspace
    bot: BotProcess
    store: Store
    run: int = 0

    def is_heard(self) -> bool:
        """Whether the bot hears what people do."""
        return len(self.workspace.sockets) > 0

    def log_ends(self) -> str:
        """The end of the bot's log."""
        return self.bot.log_end()

    async def kill_in(self, step: str) -> None:
        """Kill the bot as soon as a step runs, and start it again."""
        await self.wait_for(step)
        self.bot.kill()
        self.bot.start()

    async def wait_for(self, step: str) -> None:
        """Wait until a step has begun."""
        until = time.monotonic() + PATIENCE
        while self.store.record(self.run).last(step) is None:
            assert self.store.run(self.run).state in ACTIVE, "\n".join(self.problems())
            assert time.monotonic() < until, f"{step} has not begun: {self.problems()}"
            await asyncio.sleep(0.02)

    async def roll_back(self) -> None:
        """Let a person ask for the rollback."""
        await self.workspace.command(ROLE_HOLDERS["dba"].id, "/deploy rollback the page looks wrong")

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
async def opened(page: Path, needs: Mapping[str, str], folder: Path, *, keep: bool) -> AsyncIterator[Play]:
    """A run of the page that has begun. `needs` is the production's part of the bot's environment."""
    workspace = Workspace(PEOPLE, CHANNEL)
    env = {name: value for name, value in os.environ.items() if "proxy" not in name.lower()}
    env |= {**needs, **role_environment(), "GONOGO_RUNBOOK": str(page), "GONOGO_STATE": str(folder / "db")}
    env |= {"SLACK_BOT_TOKEN": workspace.bot_token, "SLACK_APP_TOKEN": workspace.app_token}
    bot = BotProcess(env=env, log=folder / "bot.log")
    playing: asyncio.Task[Any] | None = None
    await workspace.start()
    try:
        env |= {"SLACK_API_URL": workspace.api_url, "GONOGO_WATCH_SPEED": "240"}
        bot.start()
        store = Store(folder / "db")
        play = Play(workspace, bot, store)
        play.run = await start_run(play, store, page.name, PATIENCE)
        users = SimulatedUsers(play, lambda _: "again", keep=keep)
        playing = asyncio.create_task(users.play())
        yield play
        store.close()
    finally:
        if playing:
            playing.cancel()
        bot.stop()
        await workspace.stop()


def commit_at(url: str) -> str:
    """The commit that the shop at this address answers; "" if none does."""
    try:
        return str(httpx.get(f"{url}/health", trust_env=False).json()["commit"])
    except httpx.HTTPError:
        return ""
