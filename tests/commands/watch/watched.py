"""Pages and samples that the tests of the watch share."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from commands.runbook import Page
from commands.watch.alerts import alerts_raised_by
from commands.watch.verdicts import CheckVerdict, check_verdict
from state.records import Attempt, AttemptState
from tests.pages import NOON, SMALL, record, row, small, stored

CHECK = "response-time"
ALERT = "API response > 5 s"

# one alert: over 5 s in two samples in a row; from 1 s on it warns
PAGE = small()
IN_A_ROW = "in_a_row = 2"
LIMITS = f"above = 5.0\nwarn_above = 1.0\n{IN_A_ROW}"
ALERT_TABLE = SMALL.split("```toml alerts\n")[1].split("```")[0]

BASELINE = """## Before

### Baseline

```toml baseline
id = "baseline"
of = ["response-time"]
```
"""
# replaces the web check by one of a log, whose samples each hold all lines since the restart
LOG = {'http\nweb = "api"\npath = "/jobs"': 'logs\nhost = "backend"\nfile = "/e"\nsince = "0"'}

# a question of the watch, after the box that says how long it lasts
WATCH_BOX = 'lasts = "1 h"\n'
QUESTION = """lasts = "1 h"
```

### All well?

```toml gate
id = "all-well"
every = "30 min"
item = [{ text = "Users report nothing", role = "dba" }]
"""


def with_limits(limits: str) -> Page:
    """The small page with other limits of its alert, and with a baseline."""
    return stored(**{LIMITS: limits, "## Before\n": BASELINE})


def with_alerts(table: str) -> Page:
    """The small page with another alert table, and with a baseline."""
    return stored(**{ALERT_TABLE: table, "## Before\n": BASELINE})


def sample(number: int, state: str = AttemptState.DONE, *, summary: str = "", **measures: float) -> Attempt:
    """The sample of the response time at its due time: number 1 is due at 12:15, number 2 at 12:30."""
    made = row(CHECK, state, number, after=15 * number)
    return replace(made, summary=summary, outcome={"measures": measures})


def failed(number: int, *, summary: str = "", **measures: float) -> Attempt:
    """A sample that failed."""
    return replace(sample(number, AttemptState.FAILED, summary=summary), outcome={"measures": measures})


def unreachable(number: int, *, summary: str = "", **measures: float) -> Attempt:
    """A sample that could not reach what it checks."""
    return replace(failed(number, summary=summary), outcome={"measures": measures, "inconclusive": True})


def slow(*numbers: int, seconds: float = 9.0) -> list[Attempt]:
    """Samples that are over the alert limit."""
    return [sample(number, seconds=seconds) for number in numbers]


def baseline(state: str = AttemptState.DONE, **measures: float) -> Attempt:
    """The baseline step, with what it measured of the response time."""
    taken = row("baseline", state)
    taken.outcome["measures"] = {f"{CHECK}/{name}": value for name, value in measures.items()}
    return taken


def ended(attempt: Attempt, minutes: float) -> Attempt:
    """The attempt, ended so many minutes past noon."""
    return replace(attempt, ended_at=NOON + timedelta(minutes=minutes))


def levels(page: Page, *attempts: Attempt, speed: float = 1.0) -> list[str]:
    """The levels that the samples of the response time raise."""
    return [raised.level for raised in alerts_raised_by(page, record(*attempts, speed=speed), CHECK)]


def verdict_on(page: Page, *attempts: Attempt) -> CheckVerdict:
    """The verdict on the response time."""
    verdict = check_verdict(page, record(*attempts), page.step(CHECK))
    assert verdict is not None
    return verdict
