"""What a watch of four hours costs the target's host: the CPU time of the SSH sessions."""

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
from tests.bench.deployed_target import Deployed, begin_deploy

WATCH_SPEED = 120  # slow enough that each check ends before it is due again


@dataclass(frozen=True)
class CpuTime:
    """CPU seconds so far: of the SSH server with every process that it ever started, and of what answers the checks."""

    sessions: float
    api: float
    database: float


def measure() -> dict[str, float]:
    """CPU seconds of a whole watch's checks, and how far that is below 1 % of one processor over four hours."""
    used, samples, due, seconds = asyncio.run(_measure_watch())
    return {
        "speed of the 4 h watch, times": WATCH_SPEED,
        "samples of all checks, share of those due": samples / due,
        "samples of all checks": samples,
        "CPU of everything in SSH sessions, s": used.sessions,
        "times below 1 % of one processor": seconds / 100 / used.sessions,
        "CPU of API and reverse proxy, s": used.api,
        "CPU of the database server, s": used.database,
        "all together, times below 1 % of one processor": seconds / 100 / (used.sessions + used.api + used.database),
    }


async def _measure_watch() -> tuple[CpuTime, int, int, float]:
    """The CPU time of the watch, how many samples were made and were due, and how many seconds the watch lasts."""
    async with begin_deploy(WATCH_SPEED) as deployed:
        assert deployed.page.watch is not None
        lasts = deployed.page.watch.lasts
        async with asyncio.timeout(900):
            await _wait_for_step(deployed, deployed.page.forward[-1].id, AttemptState.RUNNING, AttemptState.DONE)
            before = await asyncio.to_thread(_cpu_time, deployed.target)
            await _wait_for_step(deployed, WATCH, AttemptState.DONE)
            after = await asyncio.to_thread(_cpu_time, deployed.target)
        record = deployed.store.record(deployed.run)
        checks = {step.id: step.box.every for step in deployed.page.part(Part.WATCH)}
        samples = sum(attempt.step in checks for attempt in record.attempts)
        due = sum(int(lasts / every) for every in checks.values() if every)
        used = (after.sessions - before.sessions, after.api - before.api, after.database - before.database)
        return CpuTime(*used), samples, due, lasts.total_seconds()


async def _wait_for_step(deployed: Deployed, step: str, *states: str) -> None:
    """Wait until a step of the run is in one of these states."""
    while True:
        record = await asyncio.to_thread(deployed.store.record, deployed.run)
        if (attempt := record.last(step)) and attempt.state in states:
            return
        assert record.run.active, f"the run is {record.run.state}"
        await asyncio.sleep(0.05)


def _cpu_time(target: Target) -> CpuTime:
    """The CPU time until now; that of ended processes is in the process that waited for them."""
    ssh = [child.pid for child in target.host.children if "ssh" in " ".join(map(str, _command(child.args)))]
    proxies = [
        child.pid for child in target.host.children if "bot.rehearsal.target.reverse_proxy" in _command(child.args)
    ]
    server = int(str(target.postgres.query("SELECT split_part(pg_read_file('postmaster.pid'), E'\\n', 1)")[0][0]))
    return CpuTime(_cpu(ssh), _cpu([*proxies, int(target.services.pm2_entry()["pid"])]), _cpu([server]))


def _command(args: object) -> list[str]:
    return [str(word) for word in args] if isinstance(args, list) else [str(args)]


def _cpu(pids: Iterable[int]) -> float:
    """The CPU seconds of processes, of their descendants, and of the ended ones that these waited for."""
    seconds = 0.0
    for pid in pids:
        root = psutil.Process(pid)
        for process in [root, *root.children(recursive=True)]:
            with suppress(psutil.NoSuchProcess):
                times = process.cpu_times()
                seconds += times.user + times.system + times.children_user + times.children_system
    return seconds
