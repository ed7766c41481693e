"""A record whose PostgreSQL dies while its standby takes over: the bots go on there."""

from __future__ import annotations

import asyncio
import logging
import random
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from state.store import RecordStore
from tests.crash.random_kills import Plan, Tally, patiently, play_run
from tests.crash.sandbox import Sandbox
from tests.crash.several_bots import Fleet, open_fleet

FAST = 240  # divides the waiting times of the watch
BOTS = 2


@dataclass
class Failover:
    """The standby is promoted as soon as a step of the run is at work."""

    fleet: Fleet
    step: str
    was: list[str] = field(default_factory=list)  # the state of the step at that moment

    async def make(self, _: Sandbox, store: RecordStore, run: int, tally: Tally, __: random.Random) -> None:
        """Wait for the step, and crash the first server."""
        while not (attempt := (await patiently(lambda: store.record(run))).last(self.step)):
            await asyncio.sleep(0.02)
        self.was.append(attempt.state)
        await asyncio.to_thread(self.fleet.record.fail_over)
        tally.kills += 1


@pytest.mark.timeout(300)  # a whole run with real parts
@pytest.mark.parametrize("step", ["migration"])
def test_a_promoted_standby_goes_on_with_the_run(
    short_folder: Path, step: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.CRITICAL, "gonogo.record")  # the harness loses the record, too

    async def play() -> tuple[Tally, Failover]:
        async with open_fleet(short_folder, BOTS, speed=FAST, standby=True) as fleet:
            failover, tally = Failover(fleet, step), Tally(wanted=1)
            await play_run(fleet, tally, Plan(final_state="rolled back"), random.Random(1), failover.make)
            return tally, failover

    tally, failover = asyncio.run(play())
    assert failover.was, "the run was over before the server died"
    assert not tally.problems, "\n".join(tally.problems)
    assert not tally.questions, "nobody need be asked: the jobs went on at their host"
