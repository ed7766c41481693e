"""200 kills at random moments of whole runs: nothing happens twice, nothing is lost; the report says how soon it goes on."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

from tests.crash.__main__ import report, soak

KILLS, SEED = 200, 20261123


def test_two_hundred_kills_double_nothing_and_lose_nothing(place: Path) -> None:
    began = time.monotonic()
    tally = asyncio.run(soak(place, KILLS, SEED))
    said = report(tally, SEED, time.monotonic() - began)
    print(said)
    assert tally.kills >= KILLS
    assert not tally.bad, said
    assert tally.recovery, "no new process was seen to go on"
