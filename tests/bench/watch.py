"""The watch under load: fifty checks due at once, and how long the last one waits."""

from __future__ import annotations

import tempfile
import time
from datetime import timedelta
from pathlib import Path

from commands.ports.web import HttpResponse
from commands.progress.step_state import WATCH
from commands.run.runner import Runner
from commands.runbook import Page, read_page
from commands.runbook.page import Part
from commands.start.request import StartRequest
from commands.start.starter import start
from state.facts import Actor, Door
from state.records import Attempt, AttemptState
from state.sqlite.store import Store
from tests.bench.record import PEOPLE
from tests.pages import SMALL, event, said
from tests.production import answer
from tests.world import World

CHECK = """### Check {n}

```toml http
web = "api"
path = "/jobs"
every = "15 min"
on_failure = "tell"
```

"""
CHECKS = 50


def measure() -> dict[str, float]:
    """Seconds from the start of the watch to its first and last check, on a real store."""
    page = read_page(
        SMALL.replace("## Alerts\n", "".join(CHECK.format(n=n) for n in range(CHECKS)) + "## Alerts\n"), "many.md"
    )
    with tempfile.TemporaryDirectory(prefix="gonogo-bench-") as folder:
        delays = _delays(page, Path(folder) / "gonogo.db")
    return {"first check begins after, s": delays[0], "last of 51 checks begins after, s": delays[-1]}


def _slow_answer() -> HttpResponse:
    """An answer after half a second, so that all checks are under way together."""
    time.sleep(0.5)
    return answer(data=[])


def _delays(page: Page, path: Path) -> list[float]:
    """The seconds from the start of the watch to the start of each check, the shortest first."""
    world = World(rate=1.0)
    world.on_web("/jobs", lambda _: _slow_answer())
    store = Store(path, serving=True)
    now = world.clock.now()
    run = start(store, page, StartRequest(), Actor(person="U1", door=Door.SLACK), PEOPLE, now)
    for step in page.forward:
        store.begin_attempt(run.id, step.id, 1, now)
        store.end_attempt(run.id, Attempt(step=step.id, attempt=1, state=AttemptState.DONE, began_at=now), now)
    for role in PEOPLE:
        signed = said("sign", "ready", 1, role=role, said="yes")
        store.add_fact(run.id, signed, event("signed"))
    runner = Runner(store, page, run.id, world.tools())
    runner.start()
    checks = {step.id for step in page.part(Part.WATCH)}
    while not checks <= {attempt.step for attempt in store.record(run.id).attempts}:
        time.sleep(0.02)
    record = store.record(run.id)
    runner.detach()
    store.close()
    watch = record.last(WATCH)
    assert watch is not None
    delays = sorted(attempt.began_at - watch.began_at for attempt in record.attempts if attempt.step in checks)
    return [delay / timedelta(seconds=1) for delay in delays]
