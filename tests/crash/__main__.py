"""The soak: `python -m tests.crash --kills 1000 --seed 7` kills the bot as often as is wanted, and prints what happened."""

from __future__ import annotations

import argparse
import asyncio
import random
import shutil
import signal
import statistics
import sys
import tempfile
import time
from pathlib import Path

from tests.crash.play import Story, Tally, play
from tests.crash.stage import stage

LANES = 2  # targets at a time, each with a bot of its own


def main() -> int:
    """Play; 0 when nothing was doubled or lost."""
    parser = argparse.ArgumentParser(prog="python -m tests.crash", description=__doc__)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    parser.add_argument("--folder", type=Path, help="where targets, records and logs are put, and kept")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    began = time.monotonic()
    folder = options.folder or Path(tempfile.mkdtemp(prefix="gonogo-crash-"))
    try:
        tally = asyncio.run(soak(folder, options.kills, options.seed))
    finally:
        if not options.folder:
            shutil.rmtree(folder, ignore_errors=True)
    print(report(tally, options.seed, time.monotonic() - began))
    return 1 if tally.bad else 0


async def soak(folder: Path, kills: int, seed: int) -> Tally:
    """Kill so many times, in runs on targets side by side; `seed` makes the moments and stories the same again."""
    tally = Tally(wanted=kills)
    async with asyncio.TaskGroup() as group:
        for lane in range(LANES):
            group.create_task(_lane(folder / f"lane-{lane}", tally, random.Random(seed * LANES + lane)))
    return tally


async def _lane(folder: Path, tally: Tally, rng: random.Random) -> None:
    folder.mkdir(parents=True)
    async with stage(folder) as here:
        while not tally.enough:
            await play(here, tally, _story(rng), rng)
        await play(here, tally, Story(ends="kept"), rng)


def _story(rng: random.Random) -> Story:
    """Every second run goes to the decision before it is rolled back; the others are turned back somewhere."""
    return Story(ends="rolled back") if rng.random() < 0.5 else Story(ends="rolled back", after=rng.uniform(8, 30))


def report(tally: Tally, seed: int, seconds: float) -> str:
    """The figures, one a line, and every sentence about what must not be."""
    recovery = sorted(tally.recovery) or [0.0]
    lines = [
        f"seed {seed}: {tally.kills} kills in {tally.runs} runs, {seconds:.0f} s",
        f"double effects {len(tally.doubled)}, lost effects {len(tally.lost)}, wrong ends {len(tally.ends)}",
        f"messages doubled, lost or out of order: {len(tally.messages)}",
        f"questions asked {len(tally.asked)}",
        f"recovery: median {statistics.median(recovery):.2f} s, worst {recovery[-1]:.2f} s (of {len(recovery)})",
    ]
    return "\n".join([*lines, *(f"  ✗ {one}" for one in tally.bad), *(f"  ? {one}" for one in tally.asked)])


if __name__ == "__main__":
    sys.exit(main())
