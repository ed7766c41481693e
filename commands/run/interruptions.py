"""Counts how often an attempt was cut off by the end of the bot itself; people are told."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime

from commands.runbook.page import Page, PageStep
from state.errors import BadRecord
from state.events import StepInterrupted
from state.records import NewEvent
from state.store import RecordStore


def report_interruption(store: RecordStore, page: Page, run: int, step: PageStep, attempt: int, now: datetime) -> None:
    """Write that an earlier process left this attempt running. If that cannot be written now, nothing waits for it."""
    with suppress(BadRecord):
        times = list(_interrupted(store, run)).count((step.id, attempt)) + 2
        data = StepInterrupted(
            title=step.title,
            attempt=attempt,
            times=times,
            summary=f"it has begun {times} times and never finished, because the bot itself stopped each time",
            roles=tuple(sorted(step.box.roles())) or (page.decision.role,),
        )
        store.add_events(run, now, NewEvent(step=step.id, data=data, once=f"interrupted:{step.id}:{attempt}:{times}"))


def _interrupted(store: RecordStore, run: int) -> Iterator[tuple[str, int]]:
    """The step and the attempt of each interruption so far."""
    after = 0
    while events := store.events(run, after):
        yield from ((event.step, event.data.attempt) for event in events if isinstance(event.data, StepInterrupted))
        after = events[-1].id
