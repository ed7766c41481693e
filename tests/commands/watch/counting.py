"""Countdowns that the tests of the watch share."""

from __future__ import annotations

from datetime import datetime, timedelta

from commands.runbook import Page
from commands.watch.countdown import DueCountdown, due_countdown
from state.facts import Fact
from state.records import Attempt, RunState
from tests.commands.watch.watched import ALERT, PAGE, slow
from tests.pages import NOON, record, said

(RULE,) = PAGE.alerts
SLOW = slow(1, 2)  # the second one is at 12:30
SUMMARY = "9 s (limit: above 5 s, 2 times in a row)"


def started(minutes: float, number: int = 1, alert: str = ALERT) -> Fact:
    """The countdown of an alert, started so many minutes past noon; it lasts one minute."""
    return said("countdown", alert, number, after=minutes, reason=SUMMARY)


def hold(minutes: float, number: int = 1, lasts: str = "30 min") -> Fact:
    """The hold of a countdown as a false alarm."""
    return said("false alarm", ALERT, number, after=minutes, said=lasts, reason="a load test", person="ULEAD")


def cancelled(minutes: float, number: int = 1, why: str = "fast again") -> Fact:
    """The end of a countdown without a rollback."""
    return said("recovered", ALERT, number, after=minutes, reason=why)


def at(minutes: float) -> datetime:
    """So many minutes past noon."""
    return NOON + timedelta(minutes=minutes)


def due(
    minutes: float,
    *attempts: Attempt,
    facts: tuple[Fact, ...] = (),
    page: Page = PAGE,
    state: RunState = RunState.GOING,
) -> DueCountdown:
    """What the alerts require so many minutes past noon."""
    return due_countdown(page, record(*attempts, facts=facts, state=state), at(minutes))


TWO_ALERTS = """[[alert]]
name = "API response > 5 s"
check = "response-time"
measure = "seconds"
above = 5.0

[[alert]]
name = "Not answered"
check = "response-time"
measure = "failed"
above = 0.5
countdown = "10 s"
"""
