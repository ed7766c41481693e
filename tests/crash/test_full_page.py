"""The shipped page, with npm, a browser and every smoke test, goes on to its end through kills, and each effect is there once."""

from __future__ import annotations

import asyncio
from pathlib import Path

from bot.rehearsal.people import STARTER
from bot.rehearsal.stories import STORIES, Before, wrong_at_the_end
from bot.rehearsal.target.audit import Audit
from bot.settings import shipped_runbooks
from state.store import Store
from tests.crash.people import People
from tests.crash.posts import wrong_in_channel
from tests.crash.stage import Stage, stage

# the bot is killed as soon as these steps run: each is in the middle of something that must not happen twice
STEPS = ("backup", "migration", "backend-install", "backend-restart", "frontend-build", "test-2", "test-5")


def test_option_a_is_kept_through_kills_in_its_heaviest_steps(tmp_path: Path) -> None:
    asyncio.run(asyncio.wait_for(_story(tmp_path), 400))


def _page(folder: Path) -> Path:
    """Option A without its alarm on CPU: in a watch of half a minute the tests themselves keep two processors busy."""
    text = (shipped_runbooks() / "option-a.md").read_text()
    alarm = next(part for part in text.split("[[alert]]\n") if part.startswith('name = "CPU usage'))
    page = folder / "option-a.md"
    page.write_text(text.replace(f"[[alert]]\n{alarm}", ""))
    return page


async def _story(folder: Path) -> None:
    async with stage(folder, _page(folder), 600) as here:
        first = await asyncio.to_thread(here.target.audit)
        here.bot.start()
        store = Store(here.state)
        while not store.active_runs():
            await here.workspace.command(STARTER.id, "/deploy start option-a.md")
            await asyncio.sleep(0.1)
        run = store.active_runs()[0].id
        people = People(here, lambda words: "skip" if "Low-Traffic" in words else "again", keeps=True)
        playing = asyncio.create_task(people.play())
        for step in STEPS:
            await _running(store, run, step)
            await here.bot.kill()
            here.bot.start()
        while store.run(run).state == "going":
            await asyncio.sleep(0.1)
        while store.events(run, 0, 10_000)[-1].id not in store.posts(run):
            await asyncio.sleep(0.1)
        playing.cancel()
        await _see(here, store, run, first)
        store.close()
        assert not people.asked, f"people were asked what the target tells: {people.asked}"


async def _running(store: Store, run: int, step: str) -> None:
    """Wait until a step runs, or has run already."""
    while store.record(run).last(step) is None:
        assert store.run(run).state == "going", f"the run is {store.run(run).state}"
        await asyncio.sleep(0.02)


async def _see(here: Stage, store: Store, run: int, first: Audit) -> None:
    audit = await asyncio.to_thread(here.target.audit)
    states = [(row.step, row.state, row.says) for row in store.record(run).steps if row.state != "done"]
    assert store.run(run).state == "kept", states
    before = Before(old=here.target.old, new=here.target.new, boots=first.boots, v2_rows=first.v2_rows)
    wrong = wrong_at_the_end(STORIES["keep"], audit, before)
    assert not wrong, wrong
    assert (audit.npm_installs, audit.builds, audit.boots - first.boots) == (2, 2, 1), (
        "npm or pm2 did something twice, or not at all"
    )
    assert not (wrong := wrong_in_channel(here.workspace, store, run)), wrong
