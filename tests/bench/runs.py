"""A hundred runs at once in the watch, on two bots that serve one record in PostgreSQL."""

from __future__ import annotations

import asyncio
import statistics
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from commands.progress.step_state import WATCH
from state.events import StatusDue
from state.records import Record, RunState
from tests.bench.two_bots import BOTS, EVERY, TwoBots, two_bots

SPEED = 15  # of the busy watches: each check, and each status post, once a minute
RAMP, REST, BUSY = 60, 30, 90  # seconds in which the runs begin, and in which is measured
COMMANDS = 200
POSTED = timedelta(seconds=15)  # after which a status that is not posted counts as late


def measure() -> dict[str, float]:
    """Statements of the bots while no check is due; then lateness, acks and memory while many are."""
    return asyncio.run(_at_rest()) | asyncio.run(_busy())


async def _at_rest() -> dict[str, float]:
    async with two_bots() as bots:
        await asyncio.to_thread(bots.begin_runs, speed=1, seconds=10)
        await bots.until_quiet()
        statements, used = await asyncio.to_thread(bots.statements), bots.processor_seconds()
        await asyncio.sleep(REST)
        used = bots.processor_seconds() - used
        statements = await asyncio.to_thread(bots.statements) - statements
        return {
            "at rest: PostgreSQL's statements a second": statements / REST,
            "at rest: processor time a bot, %": used / REST / BOTS * 100,
        }


async def _busy() -> dict[str, float]:
    async with two_bots() as bots:
        await asyncio.to_thread(bots.begin_runs, speed=SPEED, seconds=RAMP)
        await bots.until_all_have_cards()
        used, since = bots.processor_seconds(), datetime.now(UTC)
        statements = await asyncio.to_thread(bots.statements)
        commands = asyncio.create_task(bots.acknowledged(COMMANDS, BUSY))
        await asyncio.sleep(BUSY)
        used, memory = bots.processor_seconds() - used, bots.megabytes()
        statements = await asyncio.to_thread(bots.statements) - statements
        acks = await commands
        checks, posts = await asyncio.to_thread(_lateness, bots, since)
        fewest = await asyncio.to_thread(bots.fewest_runs)
    return {
        "runs of the bot that has fewer": fewest,
        "checks that were looked at": len(checks),
        "a check begins late by, median, s": statistics.median(checks),
        "a check begins late by, at most, s": max(checks),
        "status posts that were looked at": len(posts),
        "a status is posted late by, median, s": statistics.median(posts),
        "a status is posted late by, at most, s": max(posts),
        "ack, p50, ms": statistics.median(acks) * 1000,
        "ack, p99, ms": statistics.quantiles(acks, n=100)[98] * 1000,
        "memory of the larger bot, MB": memory,
        "processor time a bot, %": used / BUSY / BOTS * 100,
        "PostgreSQL's statements a second": statements / BUSY,
        "answers 429 Too Many Requests": len(bots.workspace.rate_limiter.refused),
    }


def _lateness(bots: TwoBots, since: datetime) -> tuple[list[float], list[float]]:
    """How many seconds late each check began, and each status was posted, that was due since then."""
    checks: list[float] = []
    posts: list[float] = []
    for record in bots.store.records(bots.runs):
        watch = record.last(WATCH)
        assert record.run.state == RunState.GOING, record.run.state
        assert watch is not None
        samples = [one for one in record.attempts if one.step.startswith("response-time")]
        due = [watch.began_at + EVERY / SPEED * (one.attempt - 1) for one in samples]
        checks += [(one.began_at - at).total_seconds() for one, at in zip(samples, due, strict=True) if at >= since]
        posts += _late_posts(bots, record, watch.began_at, since)
    return checks, posts


def _late_posts(bots: TwoBots, record: Record, watch: datetime, since: datetime) -> Iterator[float]:
    shown, now = bots.store.posts(record.run.id), datetime.now(UTC)
    for one in bots.store.events(record.run.id, limit=10_000):
        if isinstance(one.data, StatusDue):
            due = watch + (EVERY * one.data.slot - (watch - record.run.began_at)) / SPEED
            if since <= due < now - POSTED:
                yield bots.posted_at.get(shown.get(one.id, ""), now.timestamp()) - due.timestamp()
