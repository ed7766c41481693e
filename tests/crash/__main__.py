"""`python -m tests.crash --kills 1000 --seed 7`: kill the bot at random moments."""

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

from tests.crash import several_bots_soak
from tests.crash.random_kills import Plan, Tally, play_run
from tests.crash.sandbox import open_sandbox

LANES = 2


def main() -> int:
    """Run the soak test; 0 when no effect and no message was doubled or lost, otherwise 1."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.crash",
        description="Kill the real bot at random moments of whole runs, and count at the target what happened.",
    )
    parser.add_argument("--kills", type=int, default=200, help="how often to kill the bot (default 200)")
    seed = random.SystemRandom().randrange(10**6)
    parser.add_argument(
        "--seed", type=int, default=seed, help="repeats the moments of an earlier soak (default random)"
    )
    parser.add_argument(
        "--bots", type=int, default=1, help="with 2 or more: so many bots on one record in PostgreSQL (default 1)"
    )
    lanes = f"how many targets at the same time, each with bots of its own (default {LANES})"
    parser.add_argument("--lanes", type=int, default=LANES, help=lanes)
    parser.add_argument("--folder", type=Path, help="a folder for targets, state files and logs, which stays")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    began = time.monotonic()
    folder = options.folder or Path(tempfile.mkdtemp(prefix="gonogo-crash-"))
    try:
        if options.bots > 1:
            wanted = options.bots, options.kills, options.seed, options.lanes
            soaked = asyncio.run(several_bots_soak.soak(folder, *wanted))
            text, problems = soaked.report(options.bots, options.seed, time.monotonic() - began), soaked.problems
        else:
            tally = asyncio.run(soak(folder, options.kills, options.seed, options.lanes))
            text, problems = report(tally, options.seed, time.monotonic() - began), tally.problems
    finally:
        if not options.folder:
            shutil.rmtree(folder, ignore_errors=True)
    print(text)
    return 1 if problems else 0


async def soak(folder: Path, kills: int, seed: int, lanes: int = LANES) -> Tally:
    """Kill the bots so often, in runs on several targets at once; the seed repeats the plans and the moments."""
    tally = Tally(wanted=kills)
    async with asyncio.TaskGroup() as group:
        for lane in range(lanes):
            group.create_task(_play_lane(folder / f"lane-{lane}", tally, random.Random(seed * lanes + lane)))
    return tally


async def _play_lane(folder: Path, tally: Tally, rng: random.Random) -> None:
    folder.mkdir(parents=True)
    async with open_sandbox(folder) as sandbox:
        while not tally.is_complete:
            await play_run(sandbox, tally, _plan(rng), rng)
        await play_run(sandbox, tally, Plan(final_state="kept"), rng)


def _plan(rng: random.Random) -> Plan:
    """Every second run is rolled back at the decision, the others somewhere before it."""
    if rng.random() < 0.5:
        return Plan(final_state="rolled back")
    return Plan(final_state="rolled back", roll_back_after=rng.uniform(8, 30))


def report(tally: Tally, seed: int, seconds: float) -> str:
    """The figures, one in a line, and a sentence for every problem and every question."""
    recovery = sorted(tally.recovery) or [0.0]
    lines = [
        f"seed {seed}: {tally.kills} kills in {tally.runs} runs, {seconds:.0f} s",
        f"effects doubled {len(tally.doubled)}, effects lost {len(tally.lost)}, wrong ends {len(tally.ends)}",
        f"messages doubled, lost or out of order: {len(tally.messages)}",
        f"questions to people: {len(tally.questions)}",
        f"recovery: median {statistics.median(recovery):.2f} s, worst {recovery[-1]:.2f} s (of {len(recovery)})",
    ]
    return "\n".join([*lines, *(f"  ✗ {one}" for one in tally.problems), *(f"  ? {one}" for one in tally.questions)])


if __name__ == "__main__":
    sys.exit(main())
