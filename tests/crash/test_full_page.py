"""The shipped page goes on to its end through kills; each effect happens once."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.rehearsal.final_state import TargetBefore, final_state_problems, target_before
from bot.rehearsal.role_holders import ROLE_HOLDERS
from bot.rehearsal.scenarios import SCENARIOS
from bot.rehearsal.target.audit import Audit
from bot.settings import read_page_file, shipped_runbooks
from commands.runbook.page import Part
from state.records import ACTIVE
from state.sqlite.store import Store
from tests.crash.message_checks import message_problems
from tests.crash.sandbox import Sandbox, open_sandbox
from tests.crash.simulated_users import SimulatedUsers, start_run
from tests.pages import without_cpu_alarm

RUN_TIMEOUT = 400.0  # seconds in which a whole run must be over
pytestmark = pytest.mark.timeout(RUN_TIMEOUT + 100)  # with the target that the run needs
# the bot is killed as soon as these steps run: each of them must not happen twice
STEPS = ("backup", "migration", "backend-install", "backend-restart", "frontend-build", "test-2", "test-5")


def test_option_a_is_kept_through_kills_in_its_heaviest_steps(short_folder: Path) -> None:
    asyncio.run(asyncio.wait_for(_keep(short_folder), RUN_TIMEOUT))


def test_option_a_is_rolled_back_through_a_kill_in_every_step_of_its_rollback(short_folder: Path) -> None:
    asyncio.run(asyncio.wait_for(_roll_back(short_folder), RUN_TIMEOUT))


async def _keep(folder: Path) -> None:
    async with open_sandbox(folder, without_cpu_alarm(folder), 600) as sandbox:
        played = await _begin(sandbox)
        for step in STEPS:
            await _kill_in(sandbox, played, step)
        audit = await _end(sandbox, played, "kept")
        assert (audit.npm_installs, audit.builds, audit.boots - played.before.boots) == (2, 2, 1), (
            "npm or pm2 did something twice, or not at all"
        )


async def _roll_back(folder: Path) -> None:
    async with open_sandbox(folder, without_cpu_alarm(folder), 600) as sandbox:
        played = await _begin(sandbox)
        await _wait_for_step(played.store, played.run, "test-2", "going")
        await sandbox.workspace.command(ROLE_HOLDERS["rollback"].id, "/deploy rollback the page looks wrong")
        for step in read_page_file(shipped_runbooks() / "option-a.md").part(Part.ROLLBACK):
            await _kill_in(sandbox, played, step.id)
        await _end(sandbox, played, "rolled back")


@dataclass(frozen=True)
class Played:
    """An active run, its simulated users, and the target before it."""

    store: Store
    run: int
    users: SimulatedUsers
    playing: asyncio.Task[None]
    before: TargetBefore


async def _begin(sandbox: Sandbox) -> Played:
    before = await asyncio.to_thread(target_before, sandbox.target)
    sandbox.bot.start()
    store = Store(sandbox.state)
    run = await start_run(sandbox, store, "option-a.md", RUN_TIMEOUT)
    users = SimulatedUsers(sandbox, lambda text: "skip" if "Low-Traffic" in text else "again", keep=True)
    playing = asyncio.create_task(users.play())
    return Played(store=store, run=run, users=users, playing=playing, before=before)


async def _kill_in(sandbox: Sandbox, played: Played, step: str) -> None:
    """Kill the bot as soon as a step runs, and start it again."""
    await _wait_for_step(played.store, played.run, step, *ACTIVE)
    sandbox.bot.kill()
    sandbox.bot.start()


async def _end(sandbox: Sandbox, played: Played, final_state: str) -> Audit:
    """Wait for the run's end, check the target, the state file and the channel, and return the target's audit."""
    store, run = played.store, played.run
    while store.run(run).active:
        await asyncio.sleep(0.1)
    while store.events(run, 0, 10_000)[-1].id not in store.posts(run):
        await asyncio.sleep(0.1)
    played.playing.cancel()
    audit = await asyncio.to_thread(sandbox.target.audit)
    not_done = [(one.step, one.state, one.summary) for one in store.record(run).attempts if one.state != "done"]
    assert store.run(run).state == final_state, not_done
    scenario = next(scenario for scenario in SCENARIOS.values() if scenario.final_state == final_state)
    assert not (problems := final_state_problems(scenario, audit, played.before)), problems
    assert not (problems := message_problems(sandbox.workspace, store, run)), problems
    assert not played.users.questions, f"people were asked what the target can answer: {played.users.questions}"
    store.close()
    return audit


async def _wait_for_step(store: Store, run: int, step: str, *states: str) -> None:
    """Wait until a step runs or has run, while the run is in one of these states."""
    while store.record(run).last(step) is None:
        assert store.run(run).state in states, f"the run is {store.run(run).state}"
        await asyncio.sleep(0.02)
