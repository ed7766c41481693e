"""Acks of slash commands, one at a time and 50 at once: gonogo and Node's @slack/bolt."""

from __future__ import annotations

import asyncio
import statistics
from pathlib import Path

from tests.bench.bot_processes import STARTER, gonogo, node_bolt, temporary_folder, workspace_with

CACHE = Path(".cache/bench-bolt")


def measure() -> dict[str, float]:
    """Milliseconds for both bots on the same workspace server, and the ratio of the p99s."""
    ours = asyncio.run(_acks(gonogo()))
    node = asyncio.run(_acks(node_bolt(CACHE.resolve())))
    return {
        "gonogo p50 one at a time, ms": ours[0],
        "node bolt p50 one at a time, ms": node[0],
        "gonogo p99 at 50 at once, ms": ours[1],
        "node bolt p99 at 50 at once, ms": node[1],
        "ratio of the p99s": ours[1] / node[1],
    }


async def _acks(command: list[str]) -> tuple[float, float]:
    """Milliseconds: the median one at a time, and the p99 at 50 at once."""
    with temporary_folder() as folder:
        async with workspace_with(command, Path(folder)) as (workspace, _, _):
            single = [(await workspace.command(STARTER.id, "/deploy help")).seconds for _ in range(40)]
            burst = []
            for _ in range(10):
                replies = await asyncio.gather(*(workspace.command(STARTER.id, "/deploy help") for _ in range(50)))
                burst += [reply.seconds for reply in replies]
            return statistics.median(single) * 1000, statistics.quantiles(burst, n=100)[98] * 1000
