"""Steps on three hosts together, compared with the same steps on one host."""

from __future__ import annotations

import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

from bot.settings import read_settings
from bot.wiring import tools_for
from commands.run.runner import Runner
from commands.runbook import read_page
from commands.start.request import StartRequest
from commands.start.starter import start
from state.facts import Actor, Door
from state.records import AttemptState
from state.sqlite.store import Store
from tests.farm import Farm

STEPS, SECONDS, TIMES = 4, 1, 3
WHO = Actor(person="U1", door=Door.SLACK)
_PAGE = """\
# Together

```toml runbook
target = "web"
time_zone = "UTC"
```

## Places

```toml places
[hosts.web]
address = [ADDRESSES]
key = "$WEB_KEY"
known_hosts = "$WEB_KNOWN_HOSTS"
```

## Emergency contacts

```toml roles
[lead]
title = "Lead"
people = "$LEAD"
phone = "$LEAD_PHONE"
action = "decides"
```

## Deploy
STEPS
## Rollback

```toml rollback
within = "15 min"
```

## Decision

```toml decision
role = "lead"
```
"""
_STEP = """
### Step {n}

```toml run
id = "step-{n}"
host = "web"
together = true
commands = ["sleep {seconds}"]
```
"""


def measure() -> dict[str, float]:
    """Seconds (median of three) of a run of four steps of one second each, and the ratio of three hosts to one."""
    with tempfile.TemporaryDirectory(prefix="gonogo-bench-") as name:
        farm = Farm(Path(name))
        try:
            environ = {**farm.environ(), "LEAD": "U2", "LEAD_PHONE": "1"}
            seconds = {
                hosts: median(_seconds(Path(name) / f"{hosts}-{turn}.db", environ, hosts) for turn in range(TIMES))
                for hosts in (1, 3)
            }
        finally:
            farm.stop()
    return {"one host, s": seconds[1], "three hosts together, s": seconds[3], "ratio": seconds[3] / seconds[1]}


def _seconds(state: Path, environ: dict[str, str], hosts: int) -> float:
    """How long a whole run takes, from its start until its last step has ended on every host."""
    addresses = ", ".join(f'"$WEB_{n}"' for n in range(1, hosts + 1))
    steps = "".join(_STEP.format(n=n, seconds=SECONDS) for n in range(1, STEPS + 1))
    page = read_page(_PAGE.replace("ADDRESSES", addresses).replace("STEPS", steps), "together.md")
    store = Store(state)
    start(store, page, StartRequest(), WHO, {"lead": frozenset({"U2"})}, datetime.now(UTC))
    runner = Runner(store, page, 1, tools_for(page, read_settings(environ)))
    last = [f"step-{STEPS}@web-{n}" for n in range(1, hosts + 1)]
    began = time.perf_counter()
    runner.start()
    while not all(_is_done(store, step) for step in last):
        time.sleep(0.005)
    seconds = time.perf_counter() - began
    runner.detach()
    store.close()
    return seconds


def _is_done(store: Store, step: str) -> bool:
    attempt = store.record(1).last(step)
    assert attempt is None or attempt.state in {AttemptState.RUNNING, AttemptState.DONE}, attempt
    return attempt is not None and attempt.state == AttemptState.DONE
