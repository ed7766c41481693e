"""A drill of the small page with a surprise, in which each step is run by a bot of its own."""

from __future__ import annotations

from pathlib import Path
from threading import Event

from commands.progress.step_state import WATCH
from commands.run.runner import Runner
from commands.runbook import Page
from commands.runbook.drill import drill_page
from commands.start.request import StartRequest
from commands.start.starter import start
from commands.steps.base import execute
from commands.steps.outcome import Context, Outcome
from state.facts import Actor, Door
from state.records import Drill, Run
from state.sqlite.store import Store
from tests.pages import NOON, small
from tests.world import World

ZONE = 'time_zone = "Asia/Bangkok"'
PAGE = small(**{ZONE: f'{ZONE}\n\n[drill]\n"SHOP_*" = "$DRILL_*"'})
DRILL = drill_page(PAGE)
WHO = Actor(person="U1", door=Door.SLACK)
PEOPLE = {"dba": frozenset({"UDBA"}), "lead": frozenset({"ULEAD"})}
GATE, DEPLOY, HEALTH, CHECK = "ready", "put-the-code-there", "health", "response-time"
BACK = "put-the-old-code-back"


class SurpriseCase:
    """One run; without `drill` a real one, of the page itself."""

    def __init__(
        self, folder: Path, surprise: str = "", *, drill: bool = True, speed: float = 1.0, rate: float = 0
    ) -> None:
        self.page: Page = DRILL if drill else PAGE
        self.world = World(rate=rate)
        self.world.clock.start = NOON
        self.store = Store(folder / "gonogo.db")
        request = StartRequest(drill=Drill.PLACES if drill else "", surprise=surprise, speed=speed)
        self.run: Run = start(self.store, self.page, request, WHO, PEOPLE, NOON)

    def new_runner(self) -> Runner:
        """Another bot that carries out the run."""
        return Runner(self.store, self.page, self.run.id, self.world.tools())

    def begin(self, step: str, attempt: int = 1) -> None:
        """An attempt begins, or a phase."""
        self.store.begin_attempt(self.run.id, step, attempt, self.world.clock.now())

    def context(self, step: str, attempt: int = 1, stop: Event | None = None) -> Context:
        """What a new bot gives an attempt at a step, as the record is now."""
        return self.new_runner()._contexts.context(self.page.step(step), attempt, stop or Event())

    def result(self, step: str, attempt: int = 1) -> Outcome:
        """What a new bot makes of an attempt at a step."""
        return execute(self.page.step(step).box, self.context(step, attempt))

    def begin_watch(self) -> None:
        """The watch begins now."""
        self.begin(WATCH)
