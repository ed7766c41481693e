"""200 kills at random moments of whole runs: nothing is doubled, nothing is lost."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest

from tests.crash.__main__ import report, soak

KILLS, SEED = 200, 20261123


@pytest.mark.timeout(900)  # whole runs with real parts, one after another
def test_two_hundred_kills_double_nothing_and_lose_nothing(short_folder: Path) -> None:
    began = time.monotonic()
    tally = asyncio.run(soak(short_folder, KILLS, SEED))
    text = report(tally, SEED, time.monotonic() - began)
    print(text)
    assert tally.kills >= KILLS
    assert not tally.problems, text
    assert tally.recovery, "no new process connected to the target"
