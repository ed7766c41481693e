"""A small runbook page, and runs, attempts, facts and events of it written by hand."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from bot.settings import shipped_runbooks
from commands.runbook import Page, read_page, read_stored_page
from commands.text.durations import parse_duration
from state.events import event_from
from state.facts import FACTS, Actor, Choice, Door, Fact, FactKind
from state.records import Attempt, AttemptState, Event, NewEvent, Record, Run, RunState

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)

SMALL = """\
# 🚀 A small deploy

```toml runbook
target = "shop"
time_zone = "Asia/Bangkok"
```

## Places

```toml places
[hosts.backend]
address = "$SHOP_SSH"
key = "$SHOP_KEY"
known_hosts = "$SHOP_KNOWN_HOSTS"

[webs.api]
url = "$SHOP_URL"
```

## 📞 Emergency contacts

```toml roles
[dba]
title = "Database Admin"
people = "$SHOP_DBA"
phone = "$SHOP_DBA_PHONE"
action = "Backup and recovery"

[lead]
title = "Tech Lead"
people = "$SHOP_LEAD"
phone = "$SHOP_LEAD_PHONE"
action = "GO/NO-GO decision"
```

## Before

### ✅ พร้อมไหม (ready?)

```toml gate
id = "ready"
item = [
    { text = "The backup is there", role = "dba" },
    { text = "The plan is read", role = "lead" },
]
```

## Deploy

### Put the code there

```toml run
host = "backend"
commands = ["deploy"]
takes = "10 min"
```

## Smoke tests

### Health

```toml http
web = "api"
path = "/health"
on_failure = "roll back"
```

## Watch

```toml watch
lasts = "1 h"
```

### Response time

```toml http
web = "api"
path = "/jobs"
every = "15 min"
on_failure = "tell"
```

## Alerts

```toml alerts
[[alert]]
name = "API response > 5 s"
check = "response-time"
measure = "seconds"
above = 5.0
warn_above = 1.0
in_a_row = 2
```

## Rollback

```toml rollback
within = "15 min"
```

### Put the old code back

```toml run
host = "backend"
undoes = "put-the-code-there"
commands = ["undeploy"]
```

## Decision

```toml decision
role = "lead"
```
"""


def stored(**changes: str) -> Page:
    """Like `small`, as a run that has the page reads it: its alerts may judge what its checks do not measure."""
    return read_stored_page(spoil(*changes.items()), "small.md")


def small(**changes: str) -> Page:
    """The small page read; each `old=new` text is replaced first."""
    return read_page(spoil(*changes.items()), "small.md")


def spoil(*changes: tuple[str, str]) -> str:
    """The small page's text with some texts replaced; each old text must be there."""
    text = SMALL
    for old, new in changes:
        assert old in text, f"the small page has no {old!r}"
        text = text.replace(old, new)
    return text


def run(**changes: object) -> Run:
    """A run of the small page that began at noon."""
    values: dict[str, object] = {
        "id": 1,
        "target": "shop",
        "page": "small.md",
        "text": SMALL,
        "ref": "main",
        "note": "",
        "starter": "U1",
        "channel": "C1",
        "speed": 1.0,
        "notice_minutes": 0,
        "state": RunState.GOING,
        "began_at": NOON,
        "ended_at": None,
    }
    values["key"] = f"run-{changes.get('id', 1)}-{NOON:%Y%m%dT%H%M%S%f}"
    state = RunState(str(changes.pop("state", RunState.GOING)))
    return Run(**{**values, **changes, "state": state})  # type: ignore[arg-type]


def attempt_at(step: str, state: str, attempt: int = 1, *, after: float = 0, **measures: float) -> Attempt:
    """An attempt at a step that began `after` minutes past noon."""
    began = NOON + timedelta(minutes=after)
    return Attempt(
        step=step, attempt=attempt, state=AttemptState(state), began_at=began, outcome={"measures": measures}
    )


def fact(
    kind: str,
    step: str = "",
    attempt: int = 1,
    *,
    role: str = "",
    said: str = "",
    person: str = "U2",
    reason: str = "",
    after: float = 0,
) -> Fact:
    """A fact, `after` minutes past noon, by the word under which its kind is stored.

    For an alert, `step` is its name and `attempt` the countdown's number. `said` is the choice of an answer, "no" for
    a refused signature, or how long an alert is held.
    """
    at, by = NOON + timedelta(minutes=after), Actor(person=person, door=Door.SLACK)
    about = {"step": step, "attempt": attempt}
    alert = {"alert": step, "number": attempt}
    more: dict[str, Any] = {
        FactKind.SIGNATURE: {**about, "role": role, "refused": said == "no", "reason": reason},
        FactKind.ANSWER: {**about, "choice": Choice(said) if said in set(Choice) else None, "reason": reason},
        FactKind.AGREEMENT: {**about, "choice": Choice(said) if said in set(Choice) else Choice.SKIP},
        FactKind.COUNTDOWN: {**alert, "seen": reason},
        FactKind.ALERT_HOLD: {
            **alert,
            "lasts": parse_duration(said) if kind == FactKind.ALERT_HOLD else None,
            "reason": reason,
        },
        FactKind.COUNTDOWN_END: {**alert, "why": reason},
        FactKind.HOLD: {"number": attempt, "reason": reason},
        FactKind.RESUME: {"number": attempt, "reason": reason},
        FactKind.EARLY_KEEP_AGREEMENT: {},
    }.get(FactKind(kind), {"reason": reason})
    return FACTS[FactKind(kind)](by=by, at=at, **more)


def event(kind: str, stored: Mapping[str, Any] | None = None, *, step: str = "", once: str | None = None) -> NewEvent:
    """An event by the word under which its kind is stored, and its stored fields."""
    return NewEvent(data=event_from(kind, stored or {}), step=step, once=once)


def payload(of: NewEvent | Event) -> Any:
    """What an event holds; the test knows which fields it has."""
    return of.data


def record(*attempts: Attempt, facts: tuple[Fact, ...] = (), **changes: object) -> Record:
    """A record of the small page's run."""
    return Record(run=run(**changes), attempts=attempts, facts=facts)


# the earlier names, for the rooms whose tests still use them
row = attempt_at
said = fact

# both roles have signed the small page's gate
SIGNED = (fact("sign", "ready", role="dba"), fact("sign", "ready", role="lead"))


def without_cpu_alarm(folder: Path) -> Path:
    """Option A in a folder without its CPU alarm, which on a busy machine does not speak of the deploy."""
    text = (shipped_runbooks() / "option-a.md").read_text(encoding="utf-8")
    alarm = next(part for part in text.split("[[alert]]\n") if part.startswith('name = "CPU usage'))
    page = folder / "option-a.md"
    page.write_text(text.replace(f"[[alert]]\n{alarm}", ""), encoding="utf-8")
    return page
