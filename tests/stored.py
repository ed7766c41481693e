"""Runs in a real store, without the start and the engine: for tests of single actions."""

from __future__ import annotations

from datetime import datetime

from commands.runbook import Page
from state.records import Attempt, AttemptState, Run
from state.sqlite.store import Store
from tests.pages import NOON, event, small


def stored_run(
    store: Store, page: Page | None = None, *, starter: str = "U1", speed: float = 1.0, began: datetime = NOON
) -> Run:
    """A run of a page (of the small page, if none is given) that has just begun."""
    page = page or small()
    texts = dict.fromkeys(("note", "channel"), "")
    names = {"target": page.runbook.target, "page": page.name, "text": page.text, "ref": "main", "starter": starter}
    return store.start_run({**texts, **names, "speed": speed, "notice_minutes": 0}, began, event("started"))


def stored_attempt(
    store: Store, run: Run, step: str, state: str, attempt: int = 1, *, at: datetime = NOON, **measures: float
) -> None:
    """An attempt that began, and ended unless `state` is running."""
    store.begin_attempt(run.id, step, attempt, at)
    if state != AttemptState.RUNNING:
        outcome = {"measures": measures}
        ended = Attempt(step=step, attempt=attempt, state=AttemptState(state), began_at=at, outcome=outcome)
        store.end_attempt(run.id, ended, at)
