"""A target with the new version deployed whole by the bot, at the watch's real pace: where benchmarks of what comes after begin."""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path

from bot.rehearsal.players import Players
from bot.rehearsal.stage import PAGES, Stage, stage
from bot.rehearsal.stories import STORIES
from bot.rehearsal.target import Target
from bot.settings import read_page_file
from commands.runbook import Page
from commands.runbook.page import Part
from state.records import AttemptState
from state.sqlite.store import Store
from tests.pages import without_cpu_alarm

PATIENCE = 600  # seconds in which the deploy must be over


@dataclass(frozen=True, kw_only=True)
class Deployed:
    """The stage with its one run."""

    stage: Stage
    store: Store
    run: int
    page: Page

    @property
    def target(self) -> Target:
        """Production."""
        return self.stage.targets[0]


@contextlib.asynccontextmanager
async def begun(speed: float, frontend: Path | None = None) -> AsyncIterator[Deployed]:
    """Begin to deploy the shipped Option A on a fresh target, with played people; `speed` divides the waiting times of the watch.

    The files in `frontend` stand for the target's own.
    """
    with tempfile.TemporaryDirectory(prefix="gonogo-bench-") as name:
        page = without_cpu_alarm(Path(name))
        story = replace(STORIES["keep"], frontend=frontend)
        async with stage("A", story, Path(name), staging=False, speed=speed, page=page) as played:
            await played.connected()
            players = Players(played.workspace, played.targets[0], story)
            await players.start(PAGES["A"])
            playing = asyncio.create_task(players.play())
            store = Store(played.state)
            try:
                async with asyncio.timeout(60):
                    while not (runs := await asyncio.to_thread(store.runs)):
                        await asyncio.sleep(0.2)
                yield Deployed(stage=played, store=store, run=runs[0].id, page=read_page_file(page))
            finally:
                playing.cancel()
                store.close()


@contextlib.asynccontextmanager
async def deployed(frontend: Path | None = None) -> AsyncIterator[Deployed]:
    """Deploy whole, at the watch's real pace: every check of it was made once, and the next is minutes away."""
    async with begun(1, frontend) as here:
        async with asyncio.timeout(PATIENCE):
            await _in_the_watch(here)
        yield here


async def _in_the_watch(here: Deployed) -> None:
    """Wait until every check of the watch was made once."""
    checks = {step.id for step in here.page.part(Part.WATCH)}
    while True:
        await asyncio.sleep(0.2)
        record = await asyncio.to_thread(here.store.record, here.run)
        if not record.run.active:
            raise RuntimeError(f"The deploy did not come to its watch: the run is {record.run.state}.")
        made = {row.step for row in record.attempts if row.state == AttemptState.DONE}
        if checks <= made and not any(
            row.state == AttemptState.RUNNING and row.step in checks for row in record.attempts
        ):
            return
