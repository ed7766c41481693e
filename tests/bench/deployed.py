"""A target with the new version deployed whole by the bot, at the watch's real pace: where benchmarks of what comes after begin."""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

from bot.rehearsal.players import Players
from bot.rehearsal.stage import PAGES, Stage, stage
from bot.rehearsal.stories import STORIES
from bot.rehearsal.target import Target
from bot.settings import read_page_file, shipped_runbooks
from commands.runbook import Page
from state.records import DONE, RUNNING
from state.store import Store

PATIENCE = 600  # seconds in which the deploy must be over


@dataclass(frozen=True, kw_only=True)
class Deployed:
    """The stage with its one run, in the watch; every check of it was made once, and the next is minutes away."""

    stage: Stage
    store: Store
    run: int
    page: Page

    @property
    def target(self) -> Target:
        """Production."""
        return self.stage.targets[0]


@contextlib.asynccontextmanager
async def deployed(speed: float = 1) -> AsyncIterator[Deployed]:
    """Deploy the shipped Option A on a fresh target; `speed` divides the waiting times of the watch."""
    with tempfile.TemporaryDirectory(prefix="gonogo-bench-") as name:
        async with stage("A", STORIES["keep"], Path(name), staging=False, speed=speed) as played:
            await played.connected()
            players = Players(played.workspace, played.targets[0], STORIES["keep"])
            await players.start(PAGES["A"])
            playing = asyncio.create_task(players.play())
            store = Store(played.state)
            page = read_page_file(shipped_runbooks() / PAGES["A"])
            try:
                async with asyncio.timeout(PATIENCE):
                    run = await _in_the_watch(store, page)
                yield Deployed(stage=played, store=store, run=run, page=page)
            finally:
                playing.cancel()
                store.close()


async def _in_the_watch(store: Store, page: Page) -> int:
    """Wait until every check of the watch was made once; the run's number."""
    checks = {step.id for step in page.part("watch")}
    while True:
        await asyncio.sleep(0.2)
        for run in await asyncio.to_thread(store.runs):
            if not run.active:
                raise RuntimeError(f"The deploy did not come to its watch: the run is {run.state}.")
            rows = (await asyncio.to_thread(store.record, run.id)).steps
            made = {row.step for row in rows if row.state == DONE}
            if checks <= made and not any(row.state == RUNNING and row.step in checks for row in rows):
                return run.id
