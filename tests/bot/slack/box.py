"""A whole Slack edge for a test: the real bot on the workspace in a box, with a record whose events the test writes itself."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from bot.doors.deps import Deps
from bot.rehearsal.workspace import Message, Person, Workspace
from bot.settings import Settings
from bot.slack.serve import serve_slack
from commands.progress.step_state import DECISION, WATCH
from commands.run import countdown_writes
from commands.run import events as run_events
from commands.runbook import Page
from commands.signoff.actions import RunActions
from commands.start.request import StartRequest
from commands.start.starter import start
from commands.steps.outcome import Outcome, done
from commands.watch.countdown import StartCountdown, due_countdown
from state.facts import Actor, Door
from state.records import Attempt, AttemptState, Run, RunState
from state.sqlite.store import Store
from tests.pages import event, small

STARTER, DBA, LEAD, GUEST = "U01STARTER", "U02DBA", "U05LEAD", "U09GUEST"
PEOPLE = (Person(STARTER, "Nok"), Person(DBA, "Somchai"), Person(LEAD, "Malee"), Person(GUEST, "Guest"))
CHANNEL = "C01DEPLOY"
HOLDERS = {"dba": [DBA], "lead": [LEAD]}
PAGE = small()


def deps_of(store: Store, page: Page = PAGE, **changes: object) -> Deps:
    """An office with the small page, its two roles and their people."""
    values: dict[str, object] = {
        "store": store,
        "pages": lambda: {page.name: page},
        "people": lambda _: {role: frozenset(ids) for role, ids in HOLDERS.items()},
        "mentions": lambda _: HOLDERS,
        "phones": lambda _: {"dba": "+66 2 555 0101", "lead": "+66 2 555 0102"},
        "missing": lambda _: [],
        "channel": lambda _: CHANNEL,
        "now": lambda: datetime.now(UTC),
        "preflight": lambda page, ref: (),
        "speed": 1.0,
    }
    return Deps(**{**values, **changes})  # type: ignore[arg-type]


@dataclass
class Ledger:
    """A record whose runs the test writes, in the words of a runner."""

    store: Store
    deps: Deps
    page: Page

    def start(self) -> Run:
        """A run that the starter began."""
        people = self.deps.people(self.page)
        actor = Actor(person=STARTER, door=Door.SLACK)
        return start(self.store, self.page, StartRequest(channel=CHANNEL), actor, people, self.deps.now())

    def begin(self, run: Run, step: str, attempt: int = 1) -> None:
        """Write that a step begins, as a runner does."""
        news = run_events.step_began(self.page, self.page.step(step), attempt)
        self.store.begin_attempt(run.id, step, attempt, self.deps.now(), *news)

    def end(self, run: Run, step: str, outcome: Outcome | None = None, attempt: int = 1) -> None:
        """Write that a step ended, as a runner does."""
        now, result = self.deps.now(), outcome or done("It is done.")
        row = Attempt(
            step=step,
            attempt=attempt,
            state=result.state,
            began_at=now,
            summary=result.summary,
            outcome=result.as_data(),
        )
        news = run_events.step_ended(self.page, self.store.record(run.id), self.page.step(step), row, result, 1.5)
        self.store.end_attempt(run.id, row, now, *news)

    def gate(self) -> Run:
        """A run that waits at its first gate."""
        run = self.start()
        self.begin(run, "ready")
        self.end(run, "ready")
        return run

    def tell(self, run: Run, *kinds: str) -> None:
        """Write bare events of these kinds."""
        self.store.add_events(run.id, self.deps.now(), *(event(kind) for kind in kinds))

    def actions(self, run: Run) -> RunActions:
        """Where people answer to a run."""
        return RunActions(self.store, self.page, run.id, self.deps.people(self.page))

    def watch(self, run: Run) -> None:
        """Begin the watch."""
        news = event("watch", {"lasts": "1 h", "speed": 1.0})
        self.store.begin_attempt(run.id, WATCH, 1, self.deps.now(), news)

    def ring(self, run: Run) -> None:
        """Begin the countdown that the measurements call for."""
        now = self.deps.now()
        rings = due_countdown(self.page, self.store.record(run.id), now)
        assert isinstance(rings, StartCountdown), f"no alert calls for a rollback: {rings}"
        countdown_writes.write_countdown(self.store, self.page, run.id, rings, now)

    def decision(self, run: Run) -> None:
        """End the watch and ask for KEEP or ROLLBACK."""
        now = self.deps.now()
        row = Attempt(step=WATCH, attempt=1, state=AttemptState.DONE, began_at=now)
        self.store.end_attempt(run.id, row, now, event("watch over"))
        data = {"kind": "decide", "step": DECISION, "roles": ["lead"], "attempt": 1, "title": "KEEP or ROLLBACK"}
        asks = event("wanted", {**data, "asked_items": ["Users report no issues"]}, step=DECISION)
        self.store.begin_attempt(run.id, DECISION, 1, now, asks)

    def move(self, run: Run, state: RunState, reason: str = "") -> None:
        """Move the run to another state."""
        data = {"state": state, "clock": "5 min", "since_rollback": "3 min 12 s", "reason": reason}
        self.store.move_run(run.id, state, self.deps.now(), event("moved", data))


@dataclass
class Box(Ledger):
    """The workspace, the record and the office of one test."""

    workspace: Workspace
    settings: Settings

    async def sees(self, *words: str, without: str = "", timeout: float = 8) -> Message:
        """A message that holds all the words, as it is or as soon as it is there."""

        def fits(message: Message) -> bool:
            whole = f"{message.text} {message.blocks}"
            return all(word in whole for word in words) and not (without and without in whole)

        return await self.workspace.wait_for(fits, timeout)

    async def hears(self, person: str, *words: str, timeout: float = 8) -> Message:
        """A message that only one person sees and that holds all the words."""
        return await self.workspace.wait_for(
            lambda message: message.only_for == person and all(word in message.text for word in words), timeout
        )

    async def until(self, true: Callable[[], object], timeout: float = 8) -> None:
        """Wait until something holds. Raises TimeoutError."""
        async with asyncio.timeout(timeout):
            while not true():
                await asyncio.sleep(0.02)

    @asynccontextmanager
    async def serving(self, *, sockets: bool = True) -> AsyncIterator[None]:
        """Serve Slack, and stop again; with `sockets` begin when one is open."""
        task = asyncio.create_task(serve_slack(self.deps, self.settings))
        try:
            await self.until(lambda: not sockets or len(self.workspace.sockets) or task.done(), 30)
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


@asynccontextmanager
async def box(folder: Path, page: Page = PAGE, *, serve: bool = True, **changes: object) -> AsyncIterator[Box]:
    """A box with the bot serving in it, unless `serve` is False."""
    workspace = Workspace(PEOPLE)
    await workspace.start()
    store = Store(folder / "gonogo.db", serving=True)
    settings = Settings(
        bot_token=workspace.bot_token,
        app_token=workspace.app_token,
        api_url=workspace.api_url,
        runbook=folder,
        state=folder / "gonogo.db",
    )
    made = Box(store, deps_of(store, page, **changes), page, workspace, settings)
    try:
        if serve:
            async with made.serving():
                yield made
        else:
            yield made
    finally:
        await workspace.stop()
        store.close()


def buttons(message: Message) -> list[str]:
    """The action ids of a message's buttons, in order."""
    return [
        element["action_id"]
        for block in message.blocks
        for element in block.get("elements", [])
        if "action_id" in element
    ]
