"""A runner that a test drives turn by turn, with a clock that only the test moves."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from commands.run.runner import Runner
from commands.runbook import Page
from commands.start.request import StartRequest
from commands.start.starter import start
from state.facts import Actor, Door
from state.records import Attempt, AttemptState, Record
from state.sqlite.store import Store
from tests.pages import NOON, SIGNED, payload, small
from tests.world import World

PAGE = small()
GATE, DEPLOY, HEALTH, BACK = "ready", "put-the-code-there", "health", "put-the-old-code-back"
WHO = Actor(person="U1", door=Door.SLACK)


def wait_until(true: Callable[[], object]) -> None:
    """Wait until something is true, for 30 seconds at most."""
    deadline = time.monotonic() + 30
    while not true():
        assert time.monotonic() < deadline, "waited 30 s in vain"
        time.sleep(0.005)


class DrivenRunner:
    """Run 1 of a page with a runner that the test drives or starts, and a clock that only the test moves."""

    def __init__(self, folder: Path, page: Page = PAGE, speed: float = 1.0) -> None:
        self.page = page
        self.world = World(rate=0)
        self.world.clock.start = NOON
        self.store = Store(folder / "gonogo.db")
        people = {role: frozenset({"U2"}) for role in page.roles}
        start(self.store, page, StartRequest(speed=speed), WHO, people, NOON)
        self.runner = self.new_runner()

    def new_runner(self) -> Runner:
        """Another runner of the same run."""
        return Runner(self.store, self.page, 1, self.world.tools())

    @property
    def record(self) -> Record:
        """The run's record now."""
        return self.store.record(1)

    def events(self, kind: str) -> list[Any]:
        """What the run's events of one kind hold."""
        return [payload(one) for one in self.store.events(1) if one.data.stored_kind == kind]

    def begin(self, step: str, attempt: int = 1) -> None:
        """Write an attempt that is running."""
        self.store.begin_attempt(1, step, attempt, self.world.clock.now())

    def do(self, step: str, state: AttemptState = AttemptState.DONE) -> None:
        """Write an attempt that has ended."""
        self.begin(step)
        ended = Attempt(step=step, attempt=1, state=state, began_at=NOON)
        self.store.end_attempt(1, ended, self.world.clock.now())

    def sign(self) -> None:
        """Both roles sign the gate."""
        for signature in SIGNED:
            self.store.add_fact(1, signature)

    def last(self, step: str) -> Attempt:
        """The newest attempt at a step."""
        attempt = self.record.last(step)
        assert attempt, f"{step} has not begun"
        return attempt

    def ended(self, step: str) -> Attempt:
        """The newest attempt at a step, once it has ended."""
        wait_until(lambda: (last := self.record.last(step)) and last.state != AttemptState.RUNNING)
        return self.last(step)

    def close(self) -> None:
        """Stop the runner if it was started, and close the store."""
        if self.runner._thread.is_alive():
            self.runner.detach()
        self.runner._steps.close()
        self.store.close()
