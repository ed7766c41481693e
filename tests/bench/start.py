"""Process start to the first acked command, idle memory, and how long the bot is deaf after its socket is cut or goes silent."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

from bot.rehearsal.workspace import Workspace
from tests.bench.bots import STARTER, gonogo, scratch, workspace_with


def measure() -> dict[str, float]:
    """Seconds, and megabytes of resident memory."""
    return asyncio.run(_measure())


async def _measure() -> dict[str, float]:
    with scratch() as folder:
        async with workspace_with(gonogo(), Path(folder)) as (workspace, pid, started):
            await asyncio.sleep(2)
            memory = _resident(pid)
            await workspace.faults.cut_sockets()
            cut = await _deaf(workspace)
            await workspace.faults.silence_sockets()
            silent = await _deaf(workspace)
    return {
        "start to first ack, s": started,
        "idle memory, MB": memory,
        "deaf after a cut, s": cut,
        "deaf after silence, s": silent,
    }


def _resident(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) / 1024


async def _deaf(workspace: Workspace) -> float:
    began = time.perf_counter()
    while not (await workspace.command(STARTER.id, "/deploy help")).acked:
        await asyncio.sleep(0.05)
    return time.perf_counter() - began
