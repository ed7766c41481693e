"""An act under way: how it is stopped, and how it is looked at when nobody knows how it ended."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from datetime import timedelta

from commands.runbook.page import Page, PageStep
from commands.steps.outcome import Context, Outcome, unknown
from state.errors import GonogoError
from state.records import AttemptState, Record

LOG = logging.getLogger("gonogo.inflight")

# in which a host or database that cannot be reached may come back before people are asked
PATIENCE = timedelta(seconds=60)
APART = 1.0  # seconds between two looks


class RunningStep:
    """An act under way: how to stop it, and since when it has been asked to."""

    def __init__(self, *, step: PageStep, attempt: int) -> None:
        self.step = step
        self.attempt = attempt
        self.stop = threading.Event()
        self.asked_at: float | None = None  # by the steady clock
        self.abandoned = False


def recover_after_crash(step: PageStep) -> Callable[[Context], Outcome]:
    """What is done instead of an act that an earlier runner left in flight."""

    def look(ctx: Context) -> Outcome:
        return _look(ctx, step.box.recover) or unknown(
            "The bot was cut off here, and looking does not tell how it ended."
        )

    return look


def resolve_unknown(step: PageStep, ctx: Context, outcome: Outcome) -> Outcome:
    """An outcome that is unknown is looked into once, because the target may tell; any other stays as it is."""
    if outcome.state != AttemptState.UNKNOWN or ctx.stop.is_set():
        return outcome
    return _look(ctx, lambda again: step.box.recover_lost(again, outcome)) or outcome


def clean_up_after_run(
    page: Page, record: Record, context: Callable[[PageStep, int, threading.Event], Context]
) -> None:
    """When a run is over: let its steps clear away what later ones would have cleared, had they begun."""
    for step in page.steps:
        row = record.last(step.id)
        if row and row.state == AttemptState.DONE:
            try:
                step.box.clean_up_after_run(context(step, row.attempt, threading.Event()))
            except GonogoError as error:
                LOG.warning("what %s left stays for now: %s", step.id, error)


def _look(ctx: Context, look: Callable[[Context], Outcome | None]) -> Outcome | None:
    """What looking tells, or None; a target that cannot be reached is waited for."""
    until = ctx.tools.clock.monotonic() + PATIENCE.total_seconds()
    while True:
        try:
            return look(ctx)
        except GonogoError as error:
            if ctx.stop.wait(APART) or ctx.tools.clock.monotonic() > until:
                return unknown(f"The bot was cut off here and cannot look: {error}")
