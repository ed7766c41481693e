"""What `gonogo status` prints of a run; shared by its tests."""

from __future__ import annotations

from datetime import timedelta

from commands.progress.step_state import WATCH
from commands.report.status import status_of
from commands.report.status_text import status_lines
from commands.runbook import Page
from state.facts import Fact
from state.records import Attempt, AttemptState, RunState
from tests.commands.report.deployed import PAGE
from tests.pages import NOON, SIGNED, record, row

READY = row("ready", AttemptState.DONE)
DEPLOY = row("put-the-code-there", AttemptState.DONE)
WATCHING = row(WATCH, AttemptState.RUNNING, after=15)


def lines(
    *attempts: Attempt,
    facts: tuple[Fact, ...] = SIGNED,
    minutes: float = 20,
    page: Page = PAGE,
    state: RunState = RunState.GOING,
    ended: float | None = None,
    loses: str = "",
    notice: int = 0,
) -> list[str]:
    """What is printed so many minutes past noon."""
    ended_at = None if ended is None else NOON + timedelta(minutes=ended)
    of = record(*attempts, facts=facts, state=state, ended_at=ended_at, rollback_loss=loses, notice_minutes=notice)
    return status_lines(status_of(page, of, NOON + timedelta(minutes=minutes)))
