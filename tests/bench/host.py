"""What the watch costs the target's host: the CPU time of all that the bot's SSH sessions run there in four hours of checks."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass

import psutil

from bot.rehearsal.target import Target
from commands.progress.step_state import WATCH
from commands.runbook.page import Part
from state.records import AttemptState
from tests.bench.deployed import Deployed, begun

FACTOR = 120  # slow enough that no check is still under way when its next one is due


@dataclass(frozen=True)
class Used:
    """CPU seconds so far: of the SSH server with every process that it ever started, and of what else answers the checks."""

    sessions: float
    api: float
    database: float


def measure() -> dict[str, float]:
    """CPU seconds of a whole watch's checks, and how far below 1 % of one processor over the four hours that they cover."""
    used, checks, due, covers = asyncio.run(_watched())
    return {
        "the watch of 4 h is shortened by": FACTOR,
        "checks made, of those due": checks / due,
        "checks made": checks,
        "CPU of all that the SSH sessions ran, s": used.sessions,
        "that is so many times less than 1 % of one processor": covers / 100 / used.sessions,
        "beside it, CPU of API and front door, s": used.api,
        "beside it, CPU of the database server, s": used.database,
        "all together, so many times less than 1 %": covers / 100 / (used.sessions + used.api + used.database),
    }


async def _watched() -> tuple[Used, int, int, float]:
    """The CPU used from the last sign-off to the end of the watch, how many checks were made and due, and the seconds they cover."""
    async with begun(FACTOR) as here:
        assert here.page.watch is not None
        lasts = here.page.watch.lasts
        async with asyncio.timeout(900):
            await _until(here, here.page.forward[-1].id, AttemptState.RUNNING, AttemptState.DONE)
            before = await asyncio.to_thread(_used, here.target)
            await _until(here, WATCH, AttemptState.DONE)
            after = await asyncio.to_thread(_used, here.target)
        record = here.store.record(here.run)
        checks = {step.id: step.box.every for step in here.page.part(Part.WATCH)}
        made = sum(row.step in checks for row in record.attempts)
        due = sum(int(lasts / every) for every in checks.values() if every)
        spent = (after.sessions - before.sessions, after.api - before.api, after.database - before.database)
        return Used(*spent), made, due, lasts.total_seconds()


async def _until(here: Deployed, step: str, *states: str) -> None:
    """Wait until a step of the run is in one of these states."""
    while True:
        record = await asyncio.to_thread(here.store.record, here.run)
        if (row := record.last(step)) and row.state in states:
            return
        assert record.run.active, f"the run is {record.run.state}"
        await asyncio.sleep(0.05)


def _used(target: Target) -> Used:
    """What everything has used by now; who has ended is counted by whoever waited for it."""
    ssh = [child.pid for child in target.host.children if "ssh" in " ".join(map(str, _words(child.args)))]
    proxies = [
        child.pid for child in target.host.children if "bot.rehearsal.target.reverse_proxy" in _words(child.args)
    ]
    server = int(str(target.postgres.query("SELECT split_part(pg_read_file('postmaster.pid'), E'\\n', 1)")[0][0]))
    return Used(_tree(ssh), _tree([*proxies, int(target.services.pm2_entry()["pid"])]), _tree([server]))


def _words(args: object) -> list[str]:
    return [str(word) for word in args] if isinstance(args, list) else [str(args)]


def _tree(pids: Iterable[int]) -> float:
    """The CPU seconds of processes, with those that they started and those that these have waited for."""
    whole = 0.0
    for pid in pids:
        root = psutil.Process(pid)
        for process in [root, *root.children(recursive=True)]:
            with suppress(psutil.NoSuchProcess):
                times = process.cpu_times()
                whole += times.user + times.system + times.children_user + times.children_system
    return whole
