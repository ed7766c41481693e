"""A rolling deploy of three hosts behind a real nginx under load, and its rollback."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.settings import read_settings
from bot.wiring import tools_for
from commands.ports.preflight import FAIL
from commands.progress import reach
from commands.progress.reach import REACH
from commands.run import recovery
from commands.run.runner import Runner
from commands.runbook import Page, read_page
from commands.start.preflight import run_preflight
from commands.start.request import StartRequest
from commands.start.starter import start
from state.events import RunMoved
from state.facts import Actor, Choice, Door
from state.records import AttemptState, RunState
from state.sqlite.store import Store
from tests.farm import NGINX, Farm, FarmRun
from tests.pages import NOON, fact

PAGE = """\
# A rolling deploy

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

[hosts.balancer]
address = "$BALANCER"
key = "$WEB_KEY"
known_hosts = "$WEB_KNOWN_HOSTS"

[webs.each]
url = ["$WEB_1_URL", "$WEB_2_URL", "$WEB_3_URL"]
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

### Roll the hosts

```toml one-by-one
id = "roll"
host = "web"
steps = ["out", "code", "answers", "in"]
```

### Out of the balancer

```toml run
id = "out"
host = "balancer"
commands = ["cd ~/..", "mv in/<host>.conf out/", "kill -HUP $(cat nginx.pid)", "sleep 0.3"]
```

### New version

```toml run
id = "code"
host = "web"
commands = ["cd ~/../srv", "echo 2 > version", "kill $(cat pid)", "[ ! -e hang ] || sleep 600"]
```

### It answers

```toml http
id = "answers"
web = "each"
path = "/"
expect = { version = "2" }
ready_within = "20 s"
```

### In again

```toml run
id = "in"
host = "balancer"
commands = ["cd ~/..", "mv out/<host>.conf in/", "kill -HUP $(cat nginx.pid)", "sleep 0.3"]
```

## Rollback

```toml rollback
within = "15 min"
```

### Roll the hosts back

```toml one-by-one
id = "roll-back"
host = "web"
steps = ["back-out", "old-code", "old-answers", "back-in"]
undoes = "roll"
```

### Out again

```toml run
id = "back-out"
host = "balancer"
commands = ["cd ~/..", "[ ! -e in/<host>.conf ] || mv in/<host>.conf out/", "kill -HUP $(cat nginx.pid)", "sleep 0.3"]
```

### Old version

```toml run
id = "old-code"
host = "web"
commands = ["cd ~/../srv", "echo 1 > version", "kill $(cat pid)"]
```

### The old version answers

```toml http
id = "old-answers"
web = "each"
path = "/"
expect = { version = "1" }
ready_within = "20 s"
```

### In with the old version

```toml run
id = "back-in"
host = "balancer"
commands = ["cd ~/..", "mv out/<host>.conf in/", "kill -HUP $(cat nginx.pid)", "sleep 0.3"]
```

## Decision

```toml decision
role = "lead"
```
"""
WHO = Actor(person="U1", door=Door.SLACK)


class Rolling(FarmRun):
    """The run of the page on the farm, with the real tools."""

    def __init__(self, farm: Farm, folder: Path) -> None:
        self.farm = farm
        self.page: Page = read_page(PAGE, "rolling.md")
        store = Store(folder / "gonogo.db")
        start(store, self.page, StartRequest(), WHO, {"lead": frozenset({"U2"})}, NOON)
        tools = tools_for(self.page, read_settings({**farm.environ(), "LEAD": "U2", "LEAD_PHONE": "1"}))
        tools.shell.ask.__self__.patience = 1.0  # type: ignore[attr-defined]  # of the shell itself, made at its first use
        super().__init__(store, Runner(store, self.page, 1, tools))

    def state(self, step: str) -> AttemptState | None:
        """The state of a step's newest attempt."""
        last = self.record.last(step)
        return last.state if last else None

    def roll_back(self) -> None:
        """Somebody presses the button."""
        self.store.add_fact(1, fact("rollback"))


@pytest.fixture
def rolling(tmp_path: Path) -> Iterator[Rolling]:
    """Three hosts with version 1 behind nginx, and a run that has not begun."""
    if NGINX is None:
        pytest.skip("needs nginx")
    farm = Farm(tmp_path)
    try:
        farm.start()
        made = Rolling(farm, tmp_path)
        yield made
        made.close()
    finally:
        farm.stop()


def test_no_request_fails_during_a_rolling_deploy_and_its_rollback(rolling: Rolling) -> None:
    with rolling.farm.load() as answers:
        rolling.runner.start()
        rolling.wait(lambda: rolling.state("in@web-3") == AttemptState.DONE)
        assert [host.version() for host in rolling.farm.hosts] == ["2", "2", "2"]
        rolling.roll_back()
        rolling.wait(lambda: rolling.record.run.state == RunState.ROLLED_BACK)
        assert [host.version() for host in rolling.farm.hosts] == ["1", "1", "1"]
    assert rolling.farm.failures() == {}
    assert answers["200 1"] > 50
    assert answers["200 2"] > 50


def test_a_host_that_is_away_before_the_start_is_named(rolling: Rolling) -> None:
    rolling.farm.hosts[1].die()
    lines = run_preflight(rolling.page, rolling.runner.tools, "main")
    assert sorted({line.about for line in lines if line.result.level == FAIL}) == ["host web-2", "web each-2"]


def test_a_host_that_dies_in_its_turn_stops_the_run_and_only_touched_hosts_roll_back(
    rolling: Rolling, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recovery, "PATIENCE", 1.0)
    monkeypatch.setattr(reach, "PATIENCE", 1.0)
    first, second, third = rolling.farm.hosts
    (second.host.srv / "hang").touch()
    with rolling.farm.load():
        rolling.runner.start()
        rolling.wait(lambda: "2" in (second.host.srv / "version").read_text())
        second.die()
        rolling.wait(lambda: rolling.state("code@web-2") == AttemptState.UNKNOWN)
        lost = rolling.record.last("code@web-2")
        assert lost
        assert "“web-2”" in lost.summary
        assert rolling.state("out@web-3") is None, "no further host begins"
        rolling.roll_back()
        rolling.wait(lambda: rolling.state(REACH) == AttemptState.FAILED)
        away = rolling.record.last(REACH)
        assert away
        assert "web-2" in away.summary
        assert "web-3" not in away.summary
        rolling.store.add_fact(1, fact("answer", REACH, said=Choice.SKIP, reason="it is dead"))
        rolling.store.add_fact(1, fact("second", REACH, said=Choice.SKIP, person="U3"))
        rolling.wait(lambda: rolling.record.run.state == RunState.ROLLED_BACK)
    assert rolling.farm.failures() == {}
    assert (first.version(), third.version()) == ("1", "1")
    begun = {attempt.step for attempt in rolling.record.attempts}
    assert not {step for step in begun if step.endswith("@web-3")}
    assert "back-in@web-2" not in begun, "a host with unknown code is not put back behind nginx"
    moved = [one.data for one in rolling.store.events(1) if isinstance(one.data, RunMoved)][-1]
    assert any("“Old version (web-2)” failed: " in why and "web-2" in why for why in moved.not_restored)
    assert not any("web-1" in why or "web-3" in why for why in moved.not_restored)
