"""Attempts and reports that the tests of the report share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from commands.progress.step_state import WATCH
from commands.report.dora import deploy_of
from commands.report.report import Report, build_report
from commands.runbook import Page
from state.events import event_from
from state.facts import Fact
from state.records import Attempt, AttemptState, Event, Record, RunState
from tests.pages import NOON, record, row, said, small

PAGE = small()
PEOPLE = {"dba": frozenset({"UDBA"}), "lead": frozenset({"ULEAD"})}
ALERT = "API response > 5 s"
CHECK = "response-time"
DEPLOYED = (
    row("ready", AttemptState.DONE),
    row("put-the-code-there", AttemptState.DONE, after=2),
    row("health", AttemptState.DONE, after=9, seconds=0.1, failed=0.0),
)
WATCHING = row(WATCH, AttemptState.RUNNING, after=15)


def ended(attempt: Attempt, minutes: float) -> Attempt:
    """The attempt, ended so many minutes past noon."""
    return replace(attempt, ended_at=NOON + timedelta(minutes=minutes))


def sample(minutes: float, seconds: float, number: int = 1) -> Attempt:
    """A sample of the response time, taken so many minutes past noon."""
    return ended(row(CHECK, AttemptState.DONE, number, after=minutes, seconds=seconds, failed=0.0), minutes)


def alert(minutes: float, value: float = 9.0, *, kind: str = "alert", name: str = ALERT, number: int = 0) -> Event:
    """An alert or a warning, posted so many minutes past noon."""
    data = event_from(kind, {"name": name, "value": value, "rule": "above 5 s", "number": number})
    at = NOON + timedelta(minutes=minutes)
    return Event(id=1, run=1, at=at, step=CHECK, data=data)


def report(of: Record, events: Sequence[Event] = (), page: Page = PAGE) -> Report:
    """The report of a record, two hours past noon."""
    return build_report(page, of, events, [deploy_of(of)], people=PEOPLE, now=NOON + timedelta(hours=2))


def rolled_back(*more: Attempt, facts: tuple[Fact, ...] = ()) -> Record:
    """A run whose response time was too long, and which was rolled back from 40 to 52 minutes past noon."""
    request = said("rollback", person="gonogo", after=40, reason="too slow")
    attempts = (*DEPLOYED, WATCHING, sample(15, 9.0), *more)
    end = NOON + timedelta(minutes=52)
    return record(*attempts, facts=(request, *facts), state=RunState.ROLLED_BACK, ended_at=end)
