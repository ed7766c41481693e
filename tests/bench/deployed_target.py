"""A target with the new version deployed, for benchmarks of the watch and the rollback."""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path

from bot.rehearsal.options import PAGES
from bot.rehearsal.sandbox import Sandbox, open_sandbox
from bot.rehearsal.scenarios import SCENARIOS
from bot.rehearsal.simulated_users import SimulatedUsers
from bot.rehearsal.target import Target
from bot.settings import read_page_file
from commands.runbook import Page
from commands.runbook.page import Part
from state.place import open_record
from state.records import AttemptState
from state.store import RecordStore
from tests.pages import without_cpu_alarm

TIMEOUT = 600  # seconds in which the deploy must be over


@dataclass(frozen=True, kw_only=True)
class Deployed:
    """A sandbox with one run of Option A."""

    sandbox: Sandbox
    store: RecordStore
    run: int
    page: Page

    @property
    def target(self) -> Target:
        """Production."""
        return self.sandbox.targets[0]


@contextlib.asynccontextmanager
async def begin_deploy(speed: float, frontend: Path | None = None) -> AsyncIterator[Deployed]:
    """Start to deploy the shipped Option A on a new target, with simulated users.

    `speed` divides the waiting times of the watch; files in the folder `frontend` replace the target's own.
    """
    with tempfile.TemporaryDirectory(prefix="gonogo-bench-") as name:
        page = without_cpu_alarm(Path(name))
        scenario = replace(SCENARIOS["keep"], frontend=frontend)
        async with open_sandbox(scenario, Path(name), staging=False, speed=speed, page=page) as sandbox:
            await sandbox.wait_connected()
            users = SimulatedUsers(sandbox.workspace, sandbox.targets[0], scenario)
            await users.start_run(PAGES["A"])
            playing = asyncio.create_task(users.play())
            store = open_record(sandbox.state)
            try:
                async with asyncio.timeout(60):
                    while not (runs := await asyncio.to_thread(store.runs)):
                        await asyncio.sleep(0.2)
                yield Deployed(sandbox=sandbox, store=store, run=runs[0].id, page=read_page_file(page))
            finally:
                playing.cancel()
                store.close()


@contextlib.asynccontextmanager
async def deploy(frontend: Path | None = None) -> AsyncIterator[Deployed]:
    """Deploy completely, with the watch at its real pace: each check has one sample, and the next is minutes away."""
    async with begin_deploy(1, frontend) as deployed:
        async with asyncio.timeout(TIMEOUT):
            await _wait_for_first_samples(deployed)
        yield deployed


async def _wait_for_first_samples(deployed: Deployed) -> None:
    """Wait until every check of the watch has one sample, and none is under way."""
    checks = {step.id for step in deployed.page.part(Part.WATCH)}
    while True:
        await asyncio.sleep(0.2)
        record = await asyncio.to_thread(deployed.store.record, deployed.run)
        if not record.run.active:
            raise RuntimeError(f"The deploy did not reach its watch: the run is {record.run.state}.")
        done = {attempt.step for attempt in record.attempts if attempt.state == AttemptState.DONE}
        running = {attempt.step for attempt in record.attempts if attempt.state == AttemptState.RUNNING}
        if checks <= done and not checks & running:
            return
