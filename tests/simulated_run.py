"""A show: the shipped page run by the real runner on a real record and the fake World, with people who sign at once."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from bot.settings import read_pages, shipped_runbooks
from commands.rollback.request import rollback
from commands.run.engine import Engine
from commands.runbook import Page
from commands.signoff.actions import RunActions
from commands.signoff.waiting import Waiting, waiting_for
from commands.start.request import StartRequest
from commands.start.starter import Starter, start
from state.errors import Refused
from state.events import Ask
from state.facts import Actor, Door
from state.records import Record
from state.sqlite.store import Store
from tests.world import World

STARTER = Actor(person="USTARTER", door=Door.SLACK)


def holder(role: str) -> Actor:
    """The one person of a role."""
    return Actor(person=f"U{role.upper()}", door=Door.SLACK)


def people(page: Page) -> dict[str, frozenset[str]]:
    """One person for each role."""
    return {role: frozenset({holder(role).person}) for role in page.roles}


class Show:
    """One record with an engine on it; `play` lets everybody sign until the runs are over."""

    def __init__(self, folder: Path, world: World | None = None, page: str = "option-a.md") -> None:
        self.world = world or World()
        self.store = Store(folder / "gonogo.db")
        self.pages = read_pages(shipped_runbooks())
        self.page = self.pages[page]
        self.engine = self.new_engine()
        # the watch in some seconds of the World's clock
        request = StartRequest(speed=50.0)
        self.run = start(self.store, self.page, request, STARTER, people(self.page), self.world.clock.now()).id
        self.actions = RunActions(self.store, self.page, self.run, people(self.page))

    def new_engine(self, look: Callable[[Page, str], tuple[str, ...]] = lambda page, ref: ()) -> Engine:
        """An engine as the bot has it, which does not act yet. `look` says what stands against the page that KEEP starts."""
        starter = Starter(
            store=self.store,
            pages=lambda: self.pages,
            people=people,
            missing=lambda _: (),
            preflight=look,
            channel=lambda _: "",
            now=self.world.clock.now,
        )
        return Engine(self.store, lambda _: self.world.tools(), starter)

    @property
    def record(self) -> Record:
        """The first run's record now."""
        return self.store.record(self.run)

    def events(self, kind: str, run: int = 0) -> list[Any]:
        """What was told of a kind."""
        return [event for event in self.store.events(run or self.run, limit=5000) if event.data.stored_kind == kind]

    def play(self, *, until: Callable[[], bool] | None = None, seconds: float = 90, react: bool = True) -> None:
        """Let people sign whatever is asked, until no run is active or something has become true."""
        over = until or (lambda: not self.store.active_runs())
        stop = time.monotonic() + seconds
        while not over():
            assert time.monotonic() < stop, f"still waiting: {waiting_for(self.page, self.record)}"
            for run in self.store.active_runs() if react else []:
                page = self.page if run.id == self.run else self.pages[run.page]
                for waiting in waiting_for(page, self.store.record(run.id)):
                    self._react(RunActions(self.store, page, run.id, people(page)), waiting)
            time.sleep(0.01)

    def _react(self, actions: RunActions, waiting: Waiting) -> None:
        at = self.world.clock.now()
        for role in waiting.roles:
            with suppress(Refused):
                if waiting.ask is Ask.SIGN:
                    actions.sign(waiting.step, waiting.attempt, holder(role), at)
                elif waiting.ask is Ask.DECIDE:
                    actions.keep(holder(role), "", at)

    def roll_back(self) -> None:
        """Somebody presses the button."""
        rollback(self.store, self.store.run(self.run), STARTER, "it burns", self.world.clock.now())

    def close(self) -> None:
        """End the engine and close the record."""
        self.engine.stop()
        self.store.close()


def running(show: Show, step: str) -> Callable[[], bool]:
    """Whether a step's newest attempt is running."""

    def answer() -> bool:
        row = show.record.last(step)
        return row is not None and row.state == "running"

    return answer
