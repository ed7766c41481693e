"""A simulated run: a shipped page on the real engine and the fake World; people sign at once."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from bot.settings import read_pages, shipped_runbooks
from commands.ports.web import HttpRequest, HttpResponse
from commands.progress.step_state import WATCH
from commands.rollback.request import rollback
from commands.run.engine import Engine
from commands.runbook import Page, read_page
from commands.signoff.actions import RunActions
from commands.signoff.waiting import Waiting, waiting_for
from commands.start.preflight import PreflightReport
from commands.start.request import StartRequest
from commands.start.starter import Starter, start
from commands.start.watch_speed import WatchSpeed
from state.errors import Refused
from state.events import Ask
from state.facts import Actor, Door
from state.records import Attempt, Record
from state.sqlite.store import Store
from tests.production import NEW, OLD, answer
from tests.world import World

STARTER = Actor(person="USTARTER", door=Door.SLACK)
WATCH_SPEED = 50.0  # so that the hours of the watch pass in some minutes of the World's clock


def holder(role: str) -> Actor:
    """The one person of a role."""
    return Actor(person=f"U{role.upper()}", door=Door.SLACK)


def people(page: Page) -> dict[str, frozenset[str]]:
    """One person for each role."""
    return {role: frozenset({holder(role).person}) for role in page.roles}


class SimulatedRun:
    """One run with an engine that the test starts; `advance` lets it go on. `text` is another text of the page."""

    def __init__(self, folder: Path, world: World | None = None, page: str = "option-a.md", text: str = "") -> None:
        self.world = world or World()
        self.store = Store(folder / "gonogo.db")
        self.pages = read_pages(shipped_runbooks())
        self.page = read_page(text, page) if text else self.pages[page]
        self.engine = self.new_engine()
        request = StartRequest(speed=WATCH_SPEED, places=self.world.places)
        self.run = start(self.store, self.page, request, STARTER, people(self.page), self.world.clock.now()).id
        self.actions = RunActions(self.store, self.page, self.run, people(self.page))

    def new_engine(self, preflight: Callable[[Page, str], PreflightReport] = lambda *_: PreflightReport()) -> Engine:
        """An engine that is not started yet. `preflight` is for the page that KEEP starts."""
        starter = Starter(
            store=self.store,
            pages=lambda: self.pages,
            people=people,
            missing=lambda _: (),
            preflight=preflight,
            channel=lambda _: "",
            places=lambda _: self.world.places,
            now=self.world.clock.now,
            speed=WatchSpeed(),
            require_alike=lambda _: None,
        )
        return Engine(self.store, lambda _: self.world.tools(), starter)

    @property
    def record(self) -> Record:
        """The first run's record now."""
        return self.store.record(self.run)

    def last(self, step: str) -> Attempt:
        """The newest attempt at a step."""
        attempt = self.record.last(step)
        assert attempt, f"{step} has not begun"
        return attempt

    @property
    def state(self) -> str:
        """The first run's state now."""
        return self.store.run(self.run).state

    def state_of(self, step: str) -> str:
        """The state of a step's newest attempt; empty before it has begun."""
        attempt = self.record.last(step)
        return attempt.state if attempt else ""

    def waiting(self, ask: str) -> tuple[Waiting, ...]:
        """Who is asked in one way."""
        return tuple(waiting for waiting in waiting_for(self.page, self.record) if waiting.ask == ask)

    @property
    def deployed(self) -> bool:
        """Whether production serves the new version to everybody."""
        return self._production == (True, NEW, NEW, False)

    @property
    def restored(self) -> bool:
        """Whether production serves the old version to everybody."""
        return self._production == (False, OLD, OLD, False)

    @property
    def _production(self) -> tuple[bool, str, str, bool]:
        return self.world.forward, self.world.running, self.world.served, self.world.maintenance

    def events(self, kind: str, run: int = 0) -> list[Any]:
        """A run's events of one kind."""
        return [event for event in self.store.events(run or self.run, limit=5000) if event.data.stored_kind == kind]

    def advance(self, *, until: Callable[[], bool] | None = None, timeout: float = 90, sign: bool = True) -> None:
        """Wait until something is true, or else until no run is active. With `sign`, people sign whatever is asked."""
        over = until or (lambda: not self.store.active_runs())
        deadline = time.monotonic() + timeout
        while not over():
            assert time.monotonic() < deadline, f"still waiting for: {waiting_for(self.page, self.record)}"
            for run in self.store.active_runs() if sign else []:
                page = self.page if run.id == self.run else self.pages[run.page]
                for waiting in waiting_for(page, self.store.record(run.id)):
                    self._sign(RunActions(self.store, page, run.id, people(page)), waiting)
            time.sleep(0.01)

    def _sign(self, actions: RunActions, waiting: Waiting) -> None:
        at = self.world.clock.now()
        for role in waiting.roles:
            with suppress(Refused):
                if waiting.ask is Ask.SIGN:
                    actions.sign(waiting.step, waiting.attempt, holder(role), at)
                elif waiting.ask is Ask.DECIDE:
                    actions.keep(holder(role), "", at)

    def make_slow_in_watch(self) -> None:
        """From the watch's beginning on the API takes 6 seconds; said before, because the watch lasts a second."""

        def says(call: HttpRequest) -> HttpResponse:
            return answer(200, [], seconds=6.0) if self.record.last(WATCH) else self.world.web_says("api", call)

        self.world.on_web("GET api /api/jobs$", says)

    def roll_back(self) -> None:
        """Somebody presses the rollback button."""
        rollback(self.store, self.store.run(self.run), STARTER, "it burns", self.world.clock.now())

    def close(self) -> None:
        """Stop the engine and close the store."""
        self.engine.stop()
        self.store.close()


def running(sim: SimulatedRun, step: str) -> Callable[[], bool]:
    """Whether a step's newest attempt is running, for `advance`."""
    return lambda: sim.state_of(step) == "running"
