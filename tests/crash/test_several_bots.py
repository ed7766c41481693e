"""Several bots on one record, in trouble: nothing is doubled, nothing is lost."""

from __future__ import annotations

import asyncio
import random
from pathlib import Path

import pytest

from tests.crash.random_kills import Plan, Tally
from tests.crash.several_bots import open_fleet
from tests.crash.several_bots_soak import Soaked
from tests.crash.troubles import Troubles

TROUBLES, SEED = 5, 20261129
FAST = 240  # divides the waiting times of the watch


@pytest.mark.timeout(400)  # a whole run with real parts
@pytest.mark.parametrize("http", [False, True], ids=["sockets", "HTTP behind a balancer"])
def test_five_troubles_of_three_bots_double_nothing_and_lose_nothing(short_folder: Path, http: bool) -> None:
    async def play() -> Soaked:
        async with open_fleet(short_folder, 3, speed=FAST, http=http) as fleet:
            # a frozen bot takes longer: `python -m tests.crash --bots 3` has all kinds
            soaked, kinds = Soaked(Tally(wanted=TROUBLES)), {"kill": 1, "stop": 1, "drop": 1, "restart": 1}
            troubles = Troubles(fleet, kinds, soaked.counts, soaked.takeovers)
            troubles.per_run, troubles.gaps = (TROUBLES, TROUBLES), (0.2, 1.5)
            plan = Plan(final_state="rolled back", roll_back_after=12.0)
            await soaked.play(fleet, plan, troubles, random.Random(SEED))
        return soaked

    soaked = asyncio.run(play())
    text = soaked.report(3, SEED, 0)
    print(text)
    assert soaked.tally.kills >= TROUBLES - 2, "the run was over before"
    assert not soaked.problems, text
