"""Random troubles of several bots in whole runs, and what must not happen then."""

from __future__ import annotations

import asyncio
import itertools
import logging
import random
import statistics
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from commands.progress.evidence import CHECK
from state.events import StatusDue
from state.facts import Signature
from state.records import Record
from state.store import RecordStore
from tests.crash.random_kills import Plan, Tally, play_run
from tests.crash.several_bots import Fleet, open_fleet
from tests.crash.troubles import WEIGHTS, Troubles

STATUS_EVERY, TAKEOVER = 60.0, 30.0  # seconds; a status post is due so often, and a takeover may delay it


async def soak(folder: Path, bots: int, kills: int, seed: int, lanes: int) -> Soaked:
    """Make so many troubles for several bots, in runs on a target a lane; the seed repeats plans and moments."""
    # the harness reads the record too, and loses it whenever the bots do
    logging.getLogger("gonogo.record").setLevel(logging.CRITICAL)
    soaked = Soaked(Tally(wanted=kills))
    async with asyncio.TaskGroup() as group:
        for lane in range(lanes):
            rng = random.Random(seed * lanes + lane)
            group.create_task(_play_lane(folder / f"lane-{lane}", bots, soaked, rng))
    return soaked


async def _play_lane(folder: Path, bots: int, soaked: Soaked, rng: random.Random) -> None:
    folder.mkdir(parents=True)
    async with open_fleet(folder, bots) as fleet:
        troubles = Troubles(fleet, WEIGHTS, soaked.counts, soaked.takeovers)
        while not soaked.tally.is_complete:
            await soaked.play(fleet, _plan(rng), troubles, rng)
        await soaked.play(fleet, Plan(final_state="kept"), troubles, rng)


class Soaked:
    """What came of a soak. `reactions` are the seconds from the last sign-off to the owner's next act.

    `counts` and `takeovers` are those of the troubles of all lanes.
    """

    def __init__(self, tally: Tally) -> None:
        self.tally = tally
        self.counts: dict[str, int] = {}
        self.takeovers: dict[str, list[float]] = {}
        self.late: list[str] = []
        self.reactions: list[float] = []

    @property
    def problems(self) -> list[str]:
        """Everything that must not happen."""
        return [*self.tally.problems, *self.late]

    async def play(self, fleet: Fleet, plan: Plan, troubles: Troubles, rng: random.Random) -> None:
        """Play one run to its end, with troubles."""
        run = await play_run(fleet, self.tally, plan, rng, troubles.make)
        await troubles.settle()
        store = fleet.open_store()
        try:
            self.late += late_status_posts(store, run, troubles.stops)
            self.reactions += reactions(store.record(run))
        finally:
            store.close()
        tally = self.tally
        print(f"{tally.kills} of {tally.wanted} troubles, {tally.runs} runs, {len(self.problems)} problems", flush=True)

    def report(self, bots: int, seed: int, seconds: float) -> str:
        """The figures, one in a line, and a sentence for every problem and every question."""
        tally = self.tally
        lines = [
            f"{bots} bots, seed {seed}: {tally.kills} troubles in {tally.runs} runs, {seconds:.0f} s",
            ", ".join(f"{kind} {count}" for kind, count in sorted(self.counts.items())),
            f"effects doubled {len(tally.doubled)}, effects lost {len(tally.lost)}, wrong ends {len(tally.ends)}",
            f"messages doubled, lost or out of order: {len(tally.messages)}; status posts late: {len(self.late)}",
            f"questions to people: {len(tally.questions)}",
            *(f"takeover after {kind}: {_spread(took)}" for kind, took in sorted(self.takeovers.items())),
            f"from a sign-off to the owner's next act: {_spread(self.reactions)}",
        ]
        return "\n".join([*lines, *(f"  ✗ {one}" for one in self.problems), *(f"  ? {one}" for one in tally.questions)])


def late_status_posts(store: RecordStore, run: int, stops: Iterable[tuple[datetime, datetime]]) -> list[str]:
    """The gaps between two status posts that no takeover explains; `stops` says when PostgreSQL was away."""
    events, record = store.events(run, 0, 10_000), store.record(run).run
    moments = [record.began_at, *(event.at for event in events if isinstance(event.data, StatusDue))]
    moments.append(record.ended_at or events[-1].at)
    problems = []
    for before, after in itertools.pairwise(moments):
        away = sum((ended - began).total_seconds() for began, ended in stops if began < after and ended > before)
        if (gap := (after - before).total_seconds()) > STATUS_EVERY + TAKEOVER + away:
            problems.append(f"run {run} has no status post for {gap:.0f} s")
    return problems


def reactions(record: Record) -> list[float]:
    """The seconds from the last sign-off of the gate to the check of the evidence, which follows it; [] without it."""
    signed = [fact.at for fact in record.facts if isinstance(fact, Signature)]
    checked = [attempt.began_at for attempt in record.attempts if attempt.step == CHECK]
    return [(checked[0] - max(signed)).total_seconds()] if signed and checked and checked[0] > max(signed) else []


def _plan(rng: random.Random) -> Plan:
    """Every second run is rolled back at the decision, the others somewhere before it."""
    if rng.random() < 0.5:
        return Plan(final_state="rolled back")
    return Plan(final_state="rolled back", roll_back_after=rng.uniform(8, 60))


def _spread(seconds: list[float]) -> str:
    ordered = sorted(seconds) or [0.0]
    return f"median {statistics.median(ordered):.2f} s, worst {ordered[-1]:.2f} s (of {len(seconds)})"
