"""Whole runs played under kills: somebody starts a run, people sign, the bot is killed at random moments, and what happened is counted."""

from __future__ import annotations

import asyncio
import random
import time
from dataclasses import dataclass, field

from bot.rehearsal.people import HOLDERS
from commands.progress.step_state import WATCH
from commands.run.engine import page_of
from commands.signoff.waiting import waiting_for
from state.records import ACTIVE, AttemptState, Record
from state.sqlite.store import Store
from tests.crash import counts
from tests.crash.people import People, start_run
from tests.crash.posts import wrong_in_channel
from tests.crash.stage import Stage

PATIENCE = 300.0  # seconds in which a run must end, also on a machine that is busy with other things
MOST = (20, 35)  # kills in one run
ROLLBACK = HOLDERS["rollback"].id


@dataclass
class Tally:
    """What all runs came to. Recovery times are in seconds from a new process' start to its next look or act at the target."""

    wanted: int
    kills: int = 0
    runs: int = 0
    doubled: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    messages: list[str] = field(default_factory=list)
    ends: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    recovery: list[float] = field(default_factory=list)

    @property
    def enough(self) -> bool:
        """Whether there were as many kills as wanted."""
        return self.kills >= self.wanted

    @property
    def bad(self) -> list[str]:
        """Everything that must not be."""
        return [*self.doubled, *self.lost, *self.messages, *self.ends]


@dataclass(frozen=True, kw_only=True)
class Story:
    """How the people go: roll back after so many seconds of the run, or at the decision, or keep.

    A run that is turned back before it touched production ends `aborted`.
    """

    ends: str
    after: float | None = None


async def play(here: Stage, tally: Tally, story: Story, rng: random.Random) -> None:
    """Play one run to its end; the bot is killed again and again until the tally has enough."""
    before = await asyncio.to_thread(counts.mark, here.target)
    store = Store(here.state)
    try:
        run = await _start(here, store)
        people = People(here, lambda words: _found(here, before, run, words), keeps=story.ends == "kept")
        tasks = [asyncio.create_task(people.play()), asyncio.create_task(_kill(here, store, run, tally, rng))]
        if story.after is not None:
            tasks.append(asyncio.create_task(_turn_back(here, story.after)))
        try:
            ended = await _ended(here, store, run, tasks)
        finally:
            await _cancel(tasks)
        if here.bot.process is None or here.bot.process.poll() is not None:
            here.bot.start()
        await _all_told(store, run)
        tally.runs += 1
        tally.asked += people.asked.values()
        await asyncio.to_thread(_count, here, tally, story, before, (run, ended))
        tally.messages += wrong_in_channel(here.workspace, store, run)
    finally:
        store.close()


def _count(here: Stage, tally: Tally, story: Story, before: counts.Mark, end: tuple[int, str]) -> None:
    run, ended = end
    found = counts.effects(here.target, before, run, ended)
    tally.doubled += [f"run {run}: {sentence}" for sentence in found.doubled()]
    tally.lost += [f"run {run}: {sentence}" for sentence in found.lost(ended, whole=story.after is None)]
    tally.ends += [f"run {run}, {ended}: {sentence}" for sentence in found.wrong]
    if ended != story.ends and not (ended == "aborted" and story.after is not None and found.untouched):
        tally.ends.append(f"run {run} is {ended}, not {story.ends}")


async def _start(here: Stage, store: Store) -> int:
    """Start a run, and the bot where it does not run; the run's number."""
    if here.bot.process is None or here.bot.process.poll() is not None:
        here.bot.start()
    return await start_run(here, store, "page.md", 30)


async def _ended(here: Stage, store: Store, run: int, tasks: list[asyncio.Task[None]]) -> str:
    """Wait for the run's end; its state. Raises AssertionError when it does not come."""
    until = time.monotonic() + PATIENCE
    while (state := store.run(run).state) in ACTIVE:
        for task in tasks:
            if task.done() and task.exception():
                await task
        rows = [(row.step, row.attempt, row.state, row.summary) for row in store.record(run).attempts]
        assert time.monotonic() < until, f"run {run} is still {state}: {rows}\n{here.bot.log.read_text()[-2000:]}"
        await asyncio.sleep(0.05)
    return state


async def _cancel(tasks: list[asyncio.Task[None]]) -> None:
    """Cancel until they are over: before Python 3.12 a `wait_for` whose answer comes at that moment swallows it."""
    while waiting := [task for task in tasks if not task.done()]:
        for task in waiting:
            task.cancel()
        await asyncio.wait(waiting, timeout=0.5)


async def _all_told(store: Store, run: int, patience: float = 30) -> None:
    """Wait until the bot has carried every event to the workspace; what is not there by then is counted as lost.

    The patience begins anew with each post: after many kills much is left to tell, and Slack takes one message a second.
    """
    told, until = 0, time.monotonic() + patience
    while time.monotonic() < until:
        events, posts = store.events(run, 0, 10_000), store.posts(run)
        if events and events[-1].id in posts:
            return
        if len(posts) > told:
            told, until = len(posts), time.monotonic() + patience
        await asyncio.sleep(0.05)


async def _turn_back(here: Stage, after: float) -> None:
    """Somebody presses Roll back on the card, and again until it is acknowledged."""
    await asyncio.sleep(after)
    while True:
        cards = [one for one in here.workspace.messages() if not one.thread_ts]
        try:
            if cards and (await here.workspace.press(ROLLBACK, cards[-1].ts, "rollback")).acked:
                return
        except ValueError:  # the button is not on the card
            return
        await asyncio.sleep(0.1)


async def _kill(here: Stage, store: Store, run: int, tally: Tally, rng: random.Random) -> None:
    """Kill at random moments and start again at once, until the run or the tally has enough."""
    for _ in range(rng.randint(*MOST)):
        if tally.enough:
            return
        await _moment(here, rng, busy=_busy(store.record(run)))
        await here.bot.kill()
        tally.kills += 1
        busy = _busy(store.record(run))
        here.bot.start()
        if busy:
            asyncio.get_running_loop().create_task(_recovered(here, here.bot.started, tally))


async def _moment(here: Stage, rng: random.Random, *, busy: bool) -> None:
    """Wait for the next moment to kill: mostly soon after the bot's first act, now and then while it starts."""
    started = here.bot.started
    if rng.random() < 0.15:
        await asyncio.sleep(rng.uniform(0.0, 0.8))
        return
    until = time.monotonic() + (10.0 if busy else 2.0)
    while not here.used(started) and time.monotonic() < until:
        await asyncio.sleep(0.005)
    await asyncio.sleep(rng.uniform(0.0, 0.4) if rng.random() < 0.7 else rng.uniform(0.0, 2.0))


def _busy(record: Record) -> bool:
    """Whether the run waits neither for people nor for time, so that a new process has something to do at once."""
    if not record.run.active or waiting_for(page_of(record.run), record):
        return False
    watch = record.last(WATCH)
    return watch is None or watch.state != AttemptState.RUNNING


async def _recovered(here: Stage, started: float, tally: Tally) -> None:
    """Measure how long a new process takes to its first look or act; a process killed before that is not counted."""
    while here.bot.started == started:
        if moment := here.used(started):
            tally.recovery.append(moment - started)
            return
        await asyncio.sleep(0.01)


def _found(here: Stage, before: counts.Mark, run: int, words: str) -> str:
    """What somebody answers who looks at the target: an act that happened is done, any other is run again."""
    seen = counts.effects(here.target, before, run, "").counts
    for title, name in (("Create a job", "create-job"),):
        if title in words:
            return "done" if seen[name] else "again"
    return "again"
