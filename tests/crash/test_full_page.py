"""The shipped page, with npm, a browser and every smoke test, goes on to its end through kills, and each effect is there once."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path

from bot.rehearsal.people import HOLDERS
from bot.rehearsal.stories import STORIES, Before, wrong_at_the_end
from bot.rehearsal.target.audit import Audit
from bot.settings import read_page_file, shipped_runbooks
from commands.runbook.page import Part
from state.records import ACTIVE
from state.sqlite.store import Store
from tests.crash.people import People, start_run
from tests.crash.posts import wrong_in_channel
from tests.crash.stage import Stage, stage
from tests.pages import without_cpu_alarm

WHOLE = 400.0  # seconds in which a whole run must be over
# the bot is killed as soon as these steps run: each is in the middle of something that must not happen twice
STEPS = ("backup", "migration", "backend-install", "backend-restart", "frontend-build", "test-2", "test-5")


def test_option_a_is_kept_through_kills_in_its_heaviest_steps(place: Path) -> None:
    asyncio.run(asyncio.wait_for(_kept(place), WHOLE))


def test_option_a_goes_back_through_a_kill_in_every_step_of_its_rollback(place: Path) -> None:
    asyncio.run(asyncio.wait_for(_rolled_back(place), WHOLE))


async def _kept(folder: Path) -> None:
    async with stage(folder, without_cpu_alarm(folder), 600) as here:
        played = await _begin(here)
        for step in STEPS:
            await _killed_in(here, played, step)
        audit = await _end(here, played, "kept")
        assert (audit.npm_installs, audit.builds, audit.boots - played.first.boots) == (2, 2, 1), (
            "npm or pm2 did something twice, or not at all"
        )


async def _rolled_back(folder: Path) -> None:
    async with stage(folder, without_cpu_alarm(folder), 600) as here:
        played = await _begin(here)
        await _running(played.store, played.run, "test-2", "going")
        await here.workspace.command(HOLDERS["rollback"].id, "/deploy rollback the page looks wrong")
        for step in read_page_file(shipped_runbooks() / "option-a.md").part(Part.ROLLBACK):
            await _killed_in(here, played, step.id)
        await _end(here, played, "rolled back")


@dataclass(frozen=True)
class Played:
    """A run under way, the people who play it, and what the target was before."""

    store: Store
    run: int
    people: People
    playing: asyncio.Task[None]
    first: Audit


async def _begin(here: Stage) -> Played:
    first = await asyncio.to_thread(here.target.audit)
    here.bot.start()
    store = Store(here.state)
    run = await start_run(here, store, "option-a.md", WHOLE)
    people = People(here, lambda words: "skip" if "Low-Traffic" in words else "again", keeps=True)
    playing = asyncio.create_task(people.play())
    return Played(store=store, run=run, people=people, playing=playing, first=first)


async def _killed_in(here: Stage, played: Played, step: str) -> None:
    """Kill the bot as soon as a step runs, and start it again."""
    await _running(played.store, played.run, step, *ACTIVE)
    await here.bot.kill()
    here.bot.start()


async def _end(here: Stage, played: Played, ends: str) -> Audit:
    """Wait for the run's end and hold the target, the record and the channel to it; returns what the target is then."""
    store, run = played.store, played.run
    while store.run(run).active:
        await asyncio.sleep(0.1)
    while store.events(run, 0, 10_000)[-1].id not in store.posts(run):
        await asyncio.sleep(0.1)
    played.playing.cancel()
    audit = await asyncio.to_thread(here.target.audit)
    states = [(row.step, row.state, row.summary) for row in store.record(run).attempts if row.state != "done"]
    assert store.run(run).state == ends, states
    first = played.first
    before = Before(old=here.target.old, new=here.target.new, boots=first.boots, v2_rows=first.v2_rows)
    story = next(story for story in STORIES.values() if story.ends == ends)
    assert not (wrong := wrong_at_the_end(story, audit, before)), wrong
    assert not (wrong := wrong_in_channel(here.workspace, store, run)), wrong
    assert not played.people.asked, f"people were asked what the target tells: {played.people.asked}"
    store.close()
    return audit


async def _running(store: Store, run: int, step: str, *states: str) -> None:
    """Wait until a step runs, or has run already, while the run is in one of these states."""
    while store.record(run).last(step) is None:
        assert store.run(run).state in states, f"the run is {store.run(run).state}"
        await asyncio.sleep(0.02)
