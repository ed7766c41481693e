"""A page with a stand-in rule: at night the rule of the watch's own test jobs applies."""

from __future__ import annotations

from dataclasses import replace

from commands.runbook import Page
from state.records import Attempt, AttemptState
from tests.commands.watch.watched import ALERT_TABLE
from tests.pages import row, stored

CHECKS = """### Every 15 minutes: real traffic

```toml http
id = "real"
web = "api"
path = "/real"
every = "15 min"
on_failure = "tell"
```

### Every 15 minutes: test jobs

```toml http
id = "tests"
web = "api"
path = "/tests"
every = "15 min"
on_failure = "tell"
```

## Alerts
"""
RULES = """[[alert]]
name = "Failures"
check = "real"
measure = "failed_share"
above = 0.1
warn_above = 0.01
enough = { requests = 20 }
otherwise = "Failures (test jobs)"

[[alert]]
name = "Failures (test jobs)"
check = "tests"
measure = "failed"
above = 0.1
in_a_row = 2
"""
CRITERIA = """## Success criteria

```toml criteria
go = [{ text = "Jobs can be made", shown_by = ["Failures"] }]
no_go = [{ text = "Job errors", shown_by = ["Failures"] }]
```

## Decision"""


def page_with(rules: str = RULES, criteria: str = CRITERIA, **changes: str) -> Page:
    """The small page with both checks, these alert rules and these criteria."""
    return stored(**{"## Alerts\n": CHECKS, ALERT_TABLE: rules, "## Decision": criteria, **changes})


PAGE = page_with()


def real(number: int, requests: float, share: float | None = 0.0, *, unreachable: bool = False) -> Attempt:
    """A sample of the real requests: how many there were, and which share failed."""
    measures = {"requests": requests, **({} if share is None else {"failed_share": share})}
    state = AttemptState.FAILED if unreachable else AttemptState.DONE
    made = row("real", state, number, after=15 * number, **({} if unreachable else measures))
    made.outcome["inconclusive"] = unreachable
    return made


def jobs(number: int, failed: float = 0.0) -> Attempt:
    """A sample of the test jobs."""
    made = row("tests", AttemptState.DONE, number, after=15 * number + 1, failed=failed)
    return replace(made, state=AttemptState.FAILED) if failed else replace(made, summary="made")


def jobs_unreachable(number: int) -> Attempt:
    """A sample of the test jobs that could not reach the API."""
    made = row("tests", AttemptState.FAILED, number, after=15 * number + 1)
    made.outcome["inconclusive"] = True
    return made
