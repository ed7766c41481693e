"""Process start to first look and first ack, idle memory, and the time to notice a dead socket."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

from bot.rehearsal.workspace import Workspace
from tests.bench.bot_processes import STARTER, gonogo, resident_megabytes, temporary_folder, workspace_with
from tests.bench.first_look import measure_first_look


def measure() -> dict[str, float]:
    """Seconds, and megabytes of resident memory."""
    return asyncio.run(measure_first_look()) | asyncio.run(_measure())


async def _measure() -> dict[str, float]:
    with temporary_folder() as folder:
        async with workspace_with(gonogo(), Path(folder)) as (workspace, pid, started):
            await asyncio.sleep(2)
            memory = resident_megabytes(pid)
            await workspace.faults.cut_sockets()
            dropped = await _time_to_next_ack(workspace)
            await workspace.faults.silence_sockets()
            silent = await _time_to_next_ack(workspace)
    return {
        "start to first ack, s": started,
        "idle memory, MB": memory,
        "time to notice a dropped socket, s": dropped,
        "time to notice a silent socket, s": silent,
    }


async def _time_to_next_ack(workspace: Workspace) -> float:
    began = time.perf_counter()
    while not (await workspace.command(STARTER.id, "/deploy help")).acked:
        await asyncio.sleep(0.05)
    return time.perf_counter() - began
