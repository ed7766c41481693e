"""Steps on three real hosts at the same time, and what a failure on one of them does."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.settings import read_settings
from bot.wiring import fingerprints_of, tools_for
from commands.run.runner import Runner
from commands.runbook import read_page
from commands.start.request import StartRequest
from commands.start.starter import start
from state.facts import Actor, Door
from state.records import AttemptState, RunState
from state.sqlite.store import Store
from tests.farm import Farm, FarmRun
from tests.pages import fact

PAGE = """\
# A release on three hosts

```toml runbook
target = "web"
time_zone = "UTC"
```

## Places

```toml places
[hosts.web]
address = ["$WEB_1", "$WEB_2", "$WEB_3"]
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

## Before

### Pin it

```toml release
id = "pin"
host = "web-1"
repository = "$REPO"
ref = "main"
running = { on = "web", command = "cat ~/running" }
```

## Deploy

### The code

```toml run
id = "code"
host = "web"
commands = ["git -C ~/repo checkout --quiet <commit>"]
together = true
```

### Start it

```toml run
id = "start"
host = "web"
commands = ["git -C ~/repo rev-parse HEAD > ~/running", "[ ! -e ~/broken ] || exit 3"]
together = true
```

## Rollback

```toml rollback
within = "15 min"
```

### The old code

```toml run
id = "old-code"
host = "web"
commands = ["git -C ~/repo checkout --quiet <running_before>"]
together = true
undoes = "code"
```

### Start the old code

```toml run
id = "start-old"
host = "web"
commands = ["git -C ~/repo rev-parse HEAD > ~/running"]
together = true
undoes = "start"
```

## Decision

```toml decision
role = "lead"
```
"""


class Together(FarmRun):
    """The run of the page on three hosts whose clones are at the first of two commits."""

    def __init__(self, folder: Path) -> None:
        self.farm = Farm(folder)
        self.folder = folder
        origin = folder / "origin"
        self.git("init", "--quiet", "--initial-branch=main", str(origin))
        self.commits = [self.commit(origin, text) for text in ("one", "two")]
        for home in self.homes():
            self.git("clone", "--quiet", str(origin), str(home / "repo"))
            self.git("-C", str(home / "repo"), "checkout", "--quiet", self.commits[0])
            (home / "running").write_text(self.commits[0])
        environ = {**self.farm.environ(), "LEAD": "U2", "LEAD_PHONE": "1", "REPO": str(self.homes()[0] / "repo")}
        self.page = read_page(PAGE, "together.md")
        store = Store(folder / "gonogo.db")
        who = Actor(person="U1", door=Door.SLACK)
        start(store, self.page, StartRequest(), who, {"lead": frozenset({"U2"})}, datetime.now(UTC))
        super().__init__(store, Runner(store, self.page, 1, tools_for(self.page, read_settings(environ))))

    def homes(self) -> list[Path]:
        return [one.host.home for one in self.farm.hosts]

    def git(self, *words: str) -> str:
        who = ["-c", "user.name=Nok", "-c", "user.email=nok@example.com"]
        return subprocess.run(["git", *who, *words], check=True, capture_output=True, text=True).stdout.strip()

    def commit(self, origin: Path, text: str) -> str:
        (origin / "file").write_text(text)
        self.git("-C", str(origin), "add", ".")
        self.git("-C", str(origin), "commit", "--quiet", "-m", text)
        return self.git("-C", str(origin), "rev-parse", "HEAD")

    def ended(self, step: str) -> AttemptState:
        """The state of a step, once it has ended."""
        self.wait(lambda: (last := self.record.last(step)) and last.state != AttemptState.RUNNING)
        last = self.record.last(step)
        assert last
        return last.state

    def at(self) -> list[str]:
        """What each host's clone is at, and what it runs, by the number of the commit."""
        heads = [self.git("-C", str(home / "repo"), "rev-parse", "HEAD") for home in self.homes()]
        runs = [(home / "running").read_text().strip() for home in self.homes()]
        number = self.commits.index
        return [f"{number(head) + 1}/{number(running) + 1}" for head, running in zip(heads, runs, strict=True)]

    def close(self) -> None:
        super().close()
        self.farm.stop()


@pytest.fixture
def together(tmp_path: Path) -> Iterator[Together]:
    """A run that has not begun."""
    made = Together(tmp_path)
    yield made
    made.close()


def test_three_hosts_get_a_release_together_and_are_rolled_back_to_what_each_said_before(together: Together) -> None:
    together.runner.start()
    assert {together.ended(f"start@web-{n}") for n in (1, 2, 3)} == {AttemptState.DONE}
    assert together.at() == ["2/2", "2/2", "2/2"]
    together.store.add_fact(1, fact("rollback"))
    together.wait(lambda: together.record.run.state == RunState.ROLLED_BACK)
    assert together.at() == ["1/1", "1/1", "1/1"]
    again = together.record.last("what runs")
    assert again
    assert len(again.compared) == 3
    assert all(f"web-{n}" in " ".join(again.compared) for n in (1, 2, 3))


def test_a_host_of_the_group_that_runs_something_else_stops_the_run_before_anything_changes(
    together: Together,
) -> None:
    (together.homes()[1] / "running").write_text(together.commits[1])
    together.runner.start()
    assert together.ended("pin") == AttemptState.FAILED
    pin = together.record.last("pin")
    assert pin
    assert f"web-2 answers {together.commits[1][:10]}" in pin.summary
    assert f"web-3 answers {together.commits[0][:10]}" in pin.summary
    assert together.record.last("code@web-1") is None


def test_the_host_that_fails_is_named_and_the_others_end_what_they_began(together: Together) -> None:
    (together.homes()[1] / "broken").touch()
    together.runner.start()
    ended = {n: together.ended(f"start@web-{n}") for n in (1, 2, 3)}
    assert ended == {1: AttemptState.DONE, 2: AttemptState.FAILED, 3: AttemptState.DONE}
    asked = [one.data.title for one in together.store.events(1) if one.data.stored_kind == "wanted"]  # type: ignore[attr-defined]
    assert asked == ["Start it (web-2)"]


def test_the_address_of_each_host_has_a_fingerprint_of_its_own(together: Together) -> None:
    environ = {**together.farm.environ(), "REPO": "/srv/repo"}
    before = fingerprints_of(together.page, environ)
    after = fingerprints_of(together.page, {**environ, "WEB_2": "root@elsewhere:22"})
    changed = {name for name in before if before[name] != after.get(name)}
    assert {name.partition(":")[0] for name in changed} == {"host web-2"}
