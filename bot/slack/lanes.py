"""The lanes: threads for what people do, so that stopping never queues behind anything slow."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from enum import StrEnum
from typing import TypeVar

from state.errors import Refused

T = TypeVar("T")
MOST_STARTS = 200  # starts that may wait for their checks at once


class Lane(StrEnum):
    """A lane has threads of its own; what fills one lane delays no other."""

    STOP = "stop"  # rollback, hold, refusal
    ACT = "act"  # every other act
    READ = "read"  # status and history, which are drawn
    START = "start"  # the checks before a start take seconds, on a slow host minutes


THREADS = {Lane.STOP: 4, Lane.ACT: 4, Lane.READ: 2, Lane.START: 6}


class Lanes:
    """Runs blocking work in the threads of its lane."""

    def __init__(self) -> None:
        self._pools = {lane: ThreadPoolExecutor(count, f"gonogo-{lane}") for lane, count in THREADS.items()}
        self._starts = 0
        self._closed = False

    async def run(self, lane: Lane, work: Callable[[], T]) -> T:
        """What the work returns. Raises what it raises, and Refused while too many starts wait or once it is closed."""
        if self._closed:
            raise Refused("This bot is stopping, and nothing was done. Try again in a few seconds.")
        if lane is not Lane.START:
            return await asyncio.get_running_loop().run_in_executor(self._pools[lane], work)
        if self._starts >= MOST_STARTS:
            raise Refused(f"{MOST_STARTS} starts are being checked now. Try again in a minute.")
        self._starts += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._pools[lane], work)
        finally:
            self._starts -= 1

    def close(self) -> None:
        """Begin nothing more. Work under way goes on to its end."""
        self._closed = True
        for pool in self._pools.values():
            pool.shutdown(wait=False, cancel_futures=True)
