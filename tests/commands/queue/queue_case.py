"""A record with a queue for one target, a clock that the test moves, and people who answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from commands.queue.acts import queue_start
from commands.queue.keeper import QueueKeeper
from commands.queue.places import queue_places
from commands.runbook import Page
from commands.start.objections import Objector
from commands.start.preflight import PreflightReport
from commands.start.request import StartRequest
from commands.start.starter import Starter
from commands.start.watch_speed import WatchSpeed
from state.facts import Actor, Door
from state.records import Run, RunState
from state.store import RecordStore
from tests.pages import NOON, event, small

NOK, SOMCHAI, MALEE, STRANGER = (Actor(person=name, door=Door.SLACK) for name in ("UNOK", "USOM", "UMAL", "UZZZ"))
PEOPLE = {"dba": frozenset({SOMCHAI.person, NOK.person}), "lead": frozenset({MALEE.person})}
MINUTE = timedelta(minutes=1)


@dataclass
class QueueCase:
    """The record, its keeper, and the time, which stands still until the test moves it."""

    store: RecordStore
    page: Page = field(default_factory=small)
    now: datetime = NOON
    people: dict[str, frozenset[str]] = field(default_factory=lambda: dict(PEOPLE))
    objectors: tuple[Objector, ...] = ()
    preflight: Callable[[Page, str], PreflightReport] = lambda *_: PreflightReport()

    def __post_init__(self) -> None:
        self.pages = {self.page.name: self.page}
        self.keeper = QueueKeeper(self.store, self.starter)

    @property
    def starter(self) -> Starter:
        """The starter of runs, with the pages and people of this moment."""
        return Starter(
            store=self.store,
            pages=lambda: self.pages,
            people=lambda _: self.people,
            missing=lambda _: (),
            preflight=self.preflight,
            channel=lambda _: "C01",
            places=lambda _: {},
            now=lambda: self.now,
            speed=WatchSpeed(),
            require_alike=lambda _: None,
            objectors=self.objectors,
        )

    def start(self, actor: Actor = NOK) -> Run:
        """A run that is active."""
        return self.starter.start(StartRequest(), actor).run

    def queue(self, actor: Actor = NOK, planned: datetime | None = None, **fields: str) -> Run:
        """A queued start."""
        return queue_start(self.starter, replace(StartRequest(), **fields), actor, planned)  # type: ignore[arg-type]

    def end(self, run: Run, *states: RunState) -> None:
        """Let a run end, through these states."""
        for state in states or (RunState.KEPT,):
            self.store.move_run(run.id, state, self.now, event("moved", {"state": state.value}))

    def turn(self, after: timedelta = timedelta(0)) -> None:
        """One turn of the keeper, some time later."""
        self.now += after
        self.keeper.turn()

    def kinds(self, run: Run) -> list[str]:
        """The kinds of a start's events."""
        return [one.data.stored_kind for one in self.store.events(run.id)]

    def state(self, run: Run) -> str:
        """The state of a run or of a queued start."""
        return self.store.run(run.id).state

    def order(self) -> list[int]:
        """The numbers of the queue, in its order."""
        return [place.run.id for place in queue_places(self.store, self.page.runbook.target)]

    def newest(self, run: Run) -> Any:
        """The newest event of a run."""
        return self.store.events(run.id)[-1].data
