"""What befalls a bot, its PostgreSQL, and its ways: stopped, killed, frozen, cut off, away."""

from __future__ import annotations

import asyncio
import random
import signal
import time
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from state.store import RecordStore
from tests.crash.random_kills import Tally, patiently
from tests.crash.sandbox import BotProcess
from tests.crash.several_bots import Fleet
from tests.crash.tcp_proxy import TcpProxy

# how often each comes, by weight
WEIGHTS = {
    "kill": 30, "stop": 10, "freeze": 20, "silence": 15, "drop": 10, "restart": 12, "away": 3, "no slack": 10,
    "slack drops": 5, "no host": 10,
}  # fmt: skip
OF_SERVER = {"restart", "away"}
SHORT = 12.0  # seconds, at most, in which Slack or the hosts hear nothing
AWAY = 60.0  # seconds
TAKEOVER_LIMIT = 60.0  # seconds in which another bot must own the run of one that is gone
STOP_LIMIT = 90.0  # seconds in which a bot must end that is told to
PER_RUN = (3, 6)
GAPS = (0.2, 4.0)  # seconds before each


@dataclass
class Troubles:
    """Makes trouble for a fleet; `takeovers` are the seconds until another bot owned the run, by kind."""

    fleet: Fleet
    kinds: Mapping[str, int]
    counts: dict[str, int] = field(default_factory=dict)
    takeovers: dict[str, list[float]] = field(default_factory=dict)
    stops: list[tuple[datetime, datetime]] = field(default_factory=list)  # when PostgreSQL was away
    per_run: tuple[int, int] = PER_RUN
    gaps: tuple[float, float] = GAPS
    unwell: set[int] = field(default_factory=set)
    _stopped: bool = False  # whether PostgreSQL is away now
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)
    _errors: list[BaseException] = field(default_factory=list)

    async def make(self, _: object, store: RecordStore, run: int, tally: Tally, rng: random.Random) -> None:
        """Make some of them in one run, at random moments, mostly for its owner. One bot at least stays well."""
        supervising = asyncio.create_task(self._supervise(tally))
        try:
            await self._make_some(store, run, tally, rng)
            await self.settle()
        finally:
            supervising.cancel()

    async def _make_some(self, store: RecordStore, run: int, tally: Tally, rng: random.Random) -> None:
        for _number in range(rng.randint(*self.per_run)):
            if tally.is_complete or not (await patiently(lambda: store.run(run))).active:
                break
            await asyncio.sleep(rng.uniform(*self.gaps))
            await self._one(run, rng)
            tally.kills += 1

    async def _supervise(self, tally: Tally) -> None:
        """Start a bot again that ended by itself, as systemd does: it cannot begin while PostgreSQL is away."""
        while True:
            for number, bot in enumerate(self.fleet.bots):
                if number not in self.unwell and not bot.is_running:
                    if not self._stopped and "cannot be" not in bot.log_end(500):
                        tally.ends.append(f"bot {number} ended by itself: {bot.log_end(300)}")
                    bot.start()
            await asyncio.sleep(1.0)

    async def settle(self) -> None:
        """Wait until every bot is well again. Raises what went wrong in making trouble."""
        while self._tasks:
            # not `gather`: whoever stops to wait, as at the end of a run, would leave a bot frozen or cut off for good
            await asyncio.wait(set(self._tasks))
        for error in self._errors:
            raise error

    async def _one(self, run: int, rng: random.Random) -> None:
        (kind,) = rng.choices([*self.kinds], [*self.kinds.values()])
        self.counts[kind] = self.counts.get(kind, 0) + 1
        if kind in OF_SERVER:
            # a task of its own: where the run ends meanwhile, PostgreSQL comes back all the same
            stopping = self._keep(self._stop_server(AWAY if kind == "away" else rng.uniform(0, 2), rng))
            await asyncio.shield(stopping)
            return
        if kind == "no host":
            self._keep(_silence(self.fleet.proxies["ssh"], rng.uniform(1, SHORT)))
            return
        while len(well := self._well()) < 2:
            await asyncio.sleep(0.1)
        owner = await asyncio.to_thread(self.fleet.owner, run)
        bot = owner if owner in well and rng.random() < 0.8 else rng.choice(well)
        assert bot is not None
        self._keep(self._befall(bot, kind, rng.uniform(3, 30)))
        if bot == owner and kind in {"kill", "stop", "freeze", "silence"}:
            self._keep(self._time_takeover(run, bot, kind))

    def _well(self) -> list[int]:
        bots = enumerate(self.fleet.bots)
        return [number for number, bot in bots if number not in self.unwell and bot.is_running]

    def _keep(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()):
            self._errors.append(error)

    async def _befall(self, number: int, kind: str, seconds: float) -> None:
        """One bot is in trouble for so long."""
        bot, way = self.fleet.bots[number], self.fleet.ways[number]
        self.unwell.add(number)
        if kind in {"kill", "stop"}:
            await self._end(bot, kind)
            await asyncio.sleep(seconds / 10)
            if not bot.is_running:  # the run may have ended meanwhile, and whoever waits for its posts started it
                bot.start()
        elif kind == "freeze":
            bot.signal(signal.SIGSTOP)
            await asyncio.sleep(seconds)
            bot.signal(signal.SIGCONT)
        elif kind == "silence":
            await _silence(way, seconds)
        elif kind == "no slack":
            await _silence(self.fleet.slack_ways[number], min(seconds, SHORT))
        elif kind == "slack drops":
            self.fleet.slack_ways[number].cut()
        else:
            way.cut()
        self.unwell.discard(number)

    async def _end(self, bot: BotProcess, kind: str) -> None:
        if kind == "kill":
            bot.kill()
            return
        bot.signal(signal.SIGTERM)
        began = time.monotonic()
        while bot.is_running:
            assert time.monotonic() - began < STOP_LIMIT, f"the bot does not stop:\n{bot.log_end()}"
            await asyncio.sleep(0.02)

    async def _stop_server(self, seconds: float, rng: random.Random) -> None:
        began, self._stopped = datetime.now(UTC), True
        await asyncio.to_thread(self.fleet.record.halt, rng.choice(["fast", "immediate"]))
        await asyncio.sleep(seconds)
        await asyncio.to_thread(self.fleet.record.go_on)
        self._stopped = False
        self.stops.append((began, datetime.now(UTC)))

    async def _time_takeover(self, run: int, bot: int, kind: str) -> None:
        """Measure until another bot owns the run; nothing where this one is well again before, or the run is over."""
        began = time.monotonic()
        while time.monotonic() - began < TAKEOVER_LIMIT:
            owner = await asyncio.to_thread(self.fleet.owner, run)
            if owner not in {None, bot}:
                self.takeovers.setdefault(kind, []).append(time.monotonic() - began)
                return
            if bot not in self.unwell:
                return
            await asyncio.sleep(0.02)


async def _silence(way: TcpProxy, seconds: float) -> None:
    way.silence()
    await asyncio.sleep(seconds)
    way.release()
