"""An engine that a test starts, on a World whose clock stands still, with a fake starter."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from commands.run.engine import Engine, page_of
from commands.run.mirroring import MirrorOf, no_mirror
from commands.run.next_run import start_next_run
from commands.runbook import Page
from commands.start.request import StartRequest
from commands.start.starter import Started, start
from state.errors import Refused
from state.facts import Actor, Door
from state.records import RunState
from state.sqlite.store import Store
from tests.pages import NOON, fact, payload, small
from tests.world import World

PAGE = small()
NEXT = small(**{'role = "lead"\n```\n': 'role = "lead"\nstarts = "small.md"\n```\n'})
PEOPLE = {"dba": frozenset({"UDBA"}), "lead": frozenset({"ULEAD"})}
STARTER = Actor(person="U1", door=Door.TERMINAL)
LEAD = Actor(person="ULEAD", door=Door.SLACK)


class FakeStarter:
    """Takes requests to start a run; `refusal` refuses them, `error` is raised once."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.refusal = ""
        self.error: Exception | None = None
        self.requests: list[tuple[StartRequest, Actor]] = []

    def start(self, request: StartRequest, actor: Actor, *, by_keep: bool) -> Started:
        assert by_keep, "the engine starts a run only because of KEEP"
        self.requests.append((request, actor))
        if self.error:
            error, self.error = self.error, None
            raise error
        if self.refusal:
            raise Refused(self.refusal)
        mine = StartRequest(follows=request.follows, channel="C-next")
        return Started(run=start(self.store, PAGE, mine, actor, PEOPLE, NOON), warnings=())


class EngineCase:
    """A state file, a World, and an engine that the test starts."""

    def __init__(self, folder: Path) -> None:
        self.world = World(rate=0)
        self.store = Store(folder / "gonogo.db")
        self.starter = FakeStarter(self.store)
        self.tools_error: Exception | None = None
        self.pages: list[str] = []  # for which tools were made
        self.engine = self.new_engine()

    def new_engine(self, mirror_of: MirrorOf = no_mirror) -> Engine:
        return Engine(self.store, self._tools, self.starter, mirror_of)  # type: ignore[arg-type]

    def _tools(self, page: Page) -> Any:
        if self.tools_error:
            raise self.tools_error
        self.pages.append(page.name)
        return self.world.tools()

    def start(self, page: Page = PAGE, **request: Any) -> int:
        """Write a new run; returns its number."""
        return start(self.store, page, StartRequest(**request), STARTER, PEOPLE, NOON).id

    def keep(self, page: Page = NEXT, **request: Any) -> int:
        """Write a run that was kept; returns its number."""
        number = self.start(page, **request)
        self.store.add_fact(number, replace(fact("keep"), by=LEAD))
        self.store.move_run(number, RunState.KEPT, NOON)
        return number

    def follow(self, number: int) -> None:
        """Do what follows a run, as the engine does."""
        run = self.store.run(number)
        start_next_run(self.store, self.starter, page_of(run), run)  # type: ignore[arg-type]

    def state_of(self, run: int, step: str = "ready") -> str:
        """The state of a step's newest attempt; empty before it has begun."""
        attempt = self.store.record(run).last(step)
        return attempt.state if attempt else ""

    def reports(self, run: int) -> list[Any]:
        """What was told about the next run."""
        return [payload(one) for one in self.store.events(run) if one.data.stored_kind == "next"]

    def summaries(self, run: int) -> list[str]:
        """The same, each in one sentence."""
        return [told.summary for told in self.reports(run)]
