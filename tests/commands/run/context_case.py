"""A run of a page with four smoke tests, and what makes the contexts of its attempts."""

from __future__ import annotations

from pathlib import Path
from threading import Event

from commands.run.context import ContextFactory
from commands.start.request import StartRequest
from commands.start.starter import start
from commands.steps.outcome import Context
from state.facts import Actor, Door
from state.records import Attempt, AttemptState
from state.sqlite.store import Store
from tests.pages import NOON, small
from tests.production import answer
from tests.world import World

WHO = Actor(person="U1", door=Door.SLACK)
SMOKE_TESTS = """path = "/health"
values = { job = "id" }
on_failure = "roll back"
```

### Seen by people?

```toml gate
id = "seen"
item = [{ text = "It looks well", role = "dba" }]
```

### Use it

```toml http
web = "api"
path = "/jobs/<job>"
values = { shown = "id" }
```

### Clean up

```toml http
web = "api"
path = "/jobs/<job>"
method = "DELETE"
always = true
"""
PAGE = small(**{'path = "/health"\non_failure = "roll back"\n': SMOKE_TESTS})
DEPLOY = PAGE.step("put-the-code-there")


class ContextCase:
    """Run 1 of the page, with what makes its contexts."""

    def __init__(self, folder: Path) -> None:
        self.world = World(rate=0)
        self.world.on_web("GET api /health", answer(data={"id": 7}))
        self.world.on_web("GET api /jobs", answer(data={"id": 8}))
        self.world.on_web("DELETE api /jobs", answer(200))
        self.store = Store(folder / "gonogo.db")
        people = {role: frozenset({"U2"}) for role in PAGE.roles}
        self.run = start(self.store, PAGE, StartRequest(ref="v2", notice_minutes=5), WHO, people, NOON)
        self.factory = ContextFactory(self.store, PAGE, self.run.id, self.world.tools())
        self.stop = Event()

    def context(self, step: str = DEPLOY.id, attempt: int = 1) -> Context:
        return self.factory.context(PAGE.step(step), attempt, self.stop)

    def done(self, step: str, **values: str) -> None:
        """Write a successful attempt with its values."""
        self.store.begin_attempt(self.run.id, step, 1, NOON)
        ended = Attempt(step=step, attempt=1, state=AttemptState.DONE, began_at=NOON, outcome={"values": values})
        self.store.end_attempt(self.run.id, ended, NOON)

    def rerun_part(self, *, interrupted: bool = False) -> dict[str, tuple[str, str]]:
        """The state and summary of each smoke test that is repeated, by its title."""
        results = self.context("response-time").rerun_part("smoke tests", interrupted)
        return {title: (outcome.state.value, outcome.summary) for title, outcome in results}
