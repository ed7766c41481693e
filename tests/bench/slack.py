"""Slack's limits: what a whole kept run, its four-hour watch shortened, asks of Slack, and how often Slack says "too many"."""

from __future__ import annotations

import asyncio

from bot.rehearsal.stage import SPEED
from bot.rehearsal.workspace.rate_limits import RateLimiter
from state.records import RunState
from tests.bench.deployed import Deployed, begun

FACTOR = SPEED["A"]
UPDATE, POST = "chat.update", "chat.postMessage"


def measure() -> dict[str, float]:
    """Calls of the Web API and 429s in one run; the workspace enforces Slack's limits in real time, whatever the watch's factor."""
    calls = asyncio.run(_kept())
    counts = {method: sum(name == method for _, name, _ in calls.calls) for method in (UPDATE, POST)}
    return {
        "the watch of 4 h is shortened by": FACTOR,
        "calls of the Web API": len(calls.calls),
        **{f"{method}, in all": float(count) for method, count in counts.items()},
        f"{UPDATE}, the most in any 60 s (Slack: 50)": calls.highest_rate(UPDATE),
        f"{POST}, the most in any 60 s (Slack: 60 and a burst)": calls.highest_rate(POST),
        "answers 429 Too Many Requests": len(calls.refused),
    }


async def _kept() -> RateLimiter:
    """Play Option A to KEEP, and wait until the channel says so; a channel that has not heard it has not been told all."""
    async with begun(FACTOR) as here:
        async with asyncio.timeout(900):
            await _told(here)
        return here.stage.workspace.rate_limiter


async def _told(here: Deployed) -> None:
    while (run := await asyncio.to_thread(here.store.run, here.run)).active:
        await asyncio.sleep(0.2)
    assert run.state == RunState.KEPT, run.state
    last = (await asyncio.to_thread(here.store.events, here.run, 0, 10_000))[-1].id
    while last not in await asyncio.to_thread(here.store.posts, here.run):
        await asyncio.sleep(0.2)
