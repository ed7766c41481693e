"""Whole runs with random kills, and a count of their effects at the target."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any, TypeAlias, TypeVar

from bot.rehearsal.role_holders import ROLE_HOLDERS
from commands.progress.step_state import WATCH
from commands.run.engine import page_of
from commands.signoff.waiting import waiting_for
from state.errors import BadRecord
from state.records import ACTIVE, AttemptState, Record
from state.store import RecordStore
from tests.crash.message_checks import message_problems
from tests.crash.sandbox import Sandbox
from tests.crash.simulated_users import SimulatedUsers, start_run
from tests.crash.target_effects import Counters, effects_since, read_counters

RUN_TIMEOUT = 300.0  # seconds in which a run must begin, go on and be told, also on a busy machine
KILLS_PER_RUN = (20, 35)
ROLLBACK = ROLE_HOLDERS["rollback"].id
T = TypeVar("T")


@dataclass
class Tally:
    """The results of all runs. `recovery` is in seconds, from a new process to its first connection to the target."""

    wanted: int
    kills: int = 0
    runs: int = 0
    doubled: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    messages: list[str] = field(default_factory=list)
    ends: list[str] = field(default_factory=list)
    questions: list[str] = field(default_factory=list)
    recovery: list[float] = field(default_factory=list)

    @property
    def is_complete(self) -> bool:
        """Whether there were as many kills as wanted."""
        return self.kills >= self.wanted

    @property
    def problems(self) -> list[str]:
        """Everything that must not happen."""
        return [*self.doubled, *self.lost, *self.messages, *self.ends]


@dataclass(frozen=True, kw_only=True)
class Plan:
    """How one run must end: people roll back `roll_back_after` seconds, or at the decision, or they keep.

    A run that is rolled back before it changed production ends `aborted`.
    """

    final_state: str
    roll_back_after: float | None = None


Trouble: TypeAlias = Callable[[Sandbox, RecordStore, int, Tally, random.Random], Coroutine[Any, Any, None]]


async def play_run(
    sandbox: Sandbox, tally: Tally, plan: Plan, rng: random.Random, trouble: Trouble | None = None
) -> int:
    """Play one run to its end, and make trouble (kills) again and again until the tally is complete. The run's id."""
    before = await asyncio.to_thread(read_counters, sandbox.target)
    store = sandbox.open_store()
    try:
        run = await _start(sandbox, store)
        users = SimulatedUsers(
            sandbox, lambda text: _answer(sandbox, before, run, text), keep=plan.final_state == "kept"
        )
        make_trouble = trouble or _kill_often
        tasks = [asyncio.create_task(users.play()), asyncio.create_task(make_trouble(sandbox, store, run, tally, rng))]
        if plan.roll_back_after is not None:
            tasks.append(asyncio.create_task(_roll_back_after(sandbox, plan.roll_back_after)))
        try:
            final_state = await _wait_for_end(sandbox, store, run, tasks)
        finally:
            await _cancel(tasks)
        sandbox.start_bots()
        await _wait_for_posts(store, run)
        tally.runs += 1
        failed = "; ".join(one.summary for one in store.record(run).attempts if one.state == AttemptState.FAILED)
        tally.questions += [f"{question} ({failed})" for question in users.questions.values()]
        await asyncio.to_thread(_count_effects, sandbox, tally, plan, before, (run, final_state))
        tally.ends += [f"run {run}, the journal: {change}" for change in store.changes(run)]
        tally.messages += message_problems(sandbox.workspace, store, run)
        return run
    finally:
        store.close()


def _count_effects(sandbox: Sandbox, tally: Tally, plan: Plan, before: Counters, end: tuple[int, str]) -> None:
    run, final_state = end
    effects = effects_since(sandbox.target, before, run, final_state)
    lost = effects.lost(final_state, complete=plan.roll_back_after is None)
    tally.doubled += [f"run {run}: {sentence}" for sentence in effects.doubled()]
    tally.lost += [f"run {run}: {sentence}" for sentence in lost]
    tally.ends += [f"run {run}, {final_state}: {problem}" for problem in effects.problems]
    aborted_early = final_state == "aborted" and plan.roll_back_after is not None and effects.is_untouched
    if final_state != plan.final_state and not aborted_early:
        tally.ends.append(f"run {run} is {final_state}, not {plan.final_state}")


async def _start(sandbox: Sandbox, store: RecordStore) -> int:
    """Start the bots that do not run, and a run; the run's id."""
    sandbox.start_bots()
    return await start_run(sandbox, store, "page.md", RUN_TIMEOUT)


async def _wait_for_end(sandbox: Sandbox, store: RecordStore, run: int, tasks: list[asyncio.Task[None]]) -> str:
    """Wait for the run's end and return its state. Raises AssertionError when it stands still for too long."""
    seen: list[tuple[str, int, str, str]] = []
    until = time.monotonic() + RUN_TIMEOUT
    while (state := (await patiently(lambda: store.run(run))).state) in ACTIVE:
        for task in tasks:
            if task.done() and task.exception():
                await task
        if time.monotonic() > until:
            now = await patiently(lambda: attempts(store, run))
            assert now != seen, f"run {run} is still {state}: {now}\n{sandbox.log_ends()}"
            seen, until = now, time.monotonic() + RUN_TIMEOUT
        await asyncio.sleep(0.05)
    return state


async def patiently(read: Callable[[], T]) -> T:
    """What is read from the record, as soon as that can be read: its PostgreSQL may be away."""
    until = time.monotonic() + RUN_TIMEOUT
    while True:
        try:
            return read()
        except BadRecord:
            if time.monotonic() > until:
                raise
        await asyncio.sleep(0.1)


def attempts(store: RecordStore, run: int) -> list[tuple[str, int, str, str]]:
    """The attempts of a run, for a message."""
    return [(one.step, one.attempt, one.state, one.summary) for one in store.record(run).attempts]


async def _cancel(tasks: list[asyncio.Task[None]]) -> None:
    """Cancel tasks until they are done: before Python 3.12, a `wait_for` that is just answered swallows a cancel."""
    while active := [task for task in tasks if not task.done()]:
        for task in active:
            task.cancel()
        await asyncio.wait(active, timeout=0.5)


async def _wait_for_posts(store: RecordStore, run: int, timeout: float = RUN_TIMEOUT) -> None:
    """Wait until the bot has posted every event; what is not posted by then counts as lost.

    The timeout begins anew with each post: after many kills there are many events, and Slack takes one message a
    second.
    """
    posted, until = 0, time.monotonic() + timeout
    while time.monotonic() < until:
        events = await patiently(lambda: store.events(run, 0, 10_000))
        posts = await patiently(lambda: store.posts(run))
        if events and events[-1].id in posts:
            return
        if len(posts) > posted:
            posted, until = len(posts), time.monotonic() + timeout
        await asyncio.sleep(0.05)


async def _roll_back_after(sandbox: Sandbox, seconds: float) -> None:
    """Press Roll back on the card after so many seconds, and again until the bot acknowledges."""
    await asyncio.sleep(seconds)
    while True:
        cards = [message for message in sandbox.workspace.messages() if not message.thread_ts]
        try:
            if cards and (await sandbox.workspace.press(ROLLBACK, cards[-1].ts, "rollback")).acked:
                return
        except ValueError:  # the card has no such button
            return
        await asyncio.sleep(0.1)


async def _kill_often(sandbox: Sandbox, store: RecordStore, run: int, tally: Tally, rng: random.Random) -> None:
    """Kill at random moments and start again at once, until the run has had its kills or the tally is complete."""
    for _ in range(rng.randint(*KILLS_PER_RUN)):
        if tally.is_complete:
            return
        await _wait_for_moment(sandbox, rng, busy=_has_work(store.record(run)))
        sandbox.bot.kill()
        tally.kills += 1
        busy = _has_work(store.record(run))
        sandbox.bot.start()
        if busy:
            asyncio.get_running_loop().create_task(_measure_recovery(sandbox, sandbox.bot.started_at, tally))


async def _wait_for_moment(sandbox: Sandbox, rng: random.Random, *, busy: bool) -> None:
    """Wait for the next moment to kill: mostly soon after the bot's first connection, sometimes while it starts."""
    started_at = sandbox.bot.started_at
    if rng.random() < 0.15:
        await asyncio.sleep(rng.uniform(0.0, 0.8))
        return
    until = time.monotonic() + (10.0 if busy else 2.0)
    while not sandbox.first_connection_after(started_at) and time.monotonic() < until:
        await asyncio.sleep(0.005)
    await asyncio.sleep(rng.uniform(0.0, 0.4) if rng.random() < 0.7 else rng.uniform(0.0, 2.0))


def _has_work(record: Record) -> bool:
    """Whether the run waits neither for people nor for time, so that a new process has something to do at once."""
    if not record.run.active or waiting_for(page_of(record.run), record):
        return False
    watch = record.last(WATCH)
    return watch is None or watch.state != AttemptState.RUNNING


async def _measure_recovery(sandbox: Sandbox, started_at: float, tally: Tally) -> None:
    """Measure the time to a new process's first connection; a process that is killed before does not count."""
    while sandbox.bot.started_at == started_at:
        if moment := sandbox.first_connection_after(started_at):
            tally.recovery.append(moment - started_at)
            return
        await asyncio.sleep(0.01)


def _answer(sandbox: Sandbox, before: Counters, run: int, text: str) -> str:
    """What somebody answers who checks the target: "done" for a job that was created, "again" for anything else."""
    if "Create a job" not in text:
        return "again"
    return "done" if effects_since(sandbox.target, before, run, "").counts["create-job"] else "again"
