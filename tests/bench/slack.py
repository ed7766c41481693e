"""Slack's limits: the Web API calls of a whole kept run, and how many get a 429."""

from __future__ import annotations

import asyncio

from bot.rehearsal.sandbox import WATCH_SPEED
from bot.rehearsal.workspace.rate_limits import RateLimiter
from state.records import RunState
from tests.bench.deployed_target import Deployed, begin_deploy

FACTOR = WATCH_SPEED["A"]
UPDATE, POST = "chat.update", "chat.postMessage"


def measure() -> dict[str, float]:
    """Calls and 429s of one run. The workspace enforces Slack's limits in real time, at any speed of the watch."""
    limiter = asyncio.run(_keep())
    counts = {method: sum(name == method for _, name, _ in limiter.calls) for method in (UPDATE, POST)}
    return {
        "speed of the 4 h watch, times": FACTOR,
        "calls of the Web API": len(limiter.calls),
        **{f"{method}, total": float(count) for method, count in counts.items()},
        f"{UPDATE}, most in any 60 s (Slack allows 50)": limiter.highest_rate(UPDATE),
        f"{POST}, most in any 60 s (Slack allows 60 and a burst)": limiter.highest_rate(POST),
        "answers 429 Too Many Requests": len(limiter.refused),
    }


async def _keep() -> RateLimiter:
    """Play Option A to KEEP, and wait until the last event is posted."""
    async with begin_deploy(FACTOR) as deployed:
        async with asyncio.timeout(900):
            await _wait_for_last_post(deployed)
        return deployed.sandbox.workspace.rate_limiter


async def _wait_for_last_post(deployed: Deployed) -> None:
    while (run := await asyncio.to_thread(deployed.store.run, deployed.run)).active:
        await asyncio.sleep(0.2)
    assert run.state == RunState.KEPT, run.state
    last = (await asyncio.to_thread(deployed.store.events, deployed.run, 0, 10_000))[-1].id
    while last not in await asyncio.to_thread(deployed.store.posts, deployed.run):
        await asyncio.sleep(0.2)
