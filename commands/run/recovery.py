"""Finds out how an attempt ended when nobody knows, and cleans up after a run."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from commands.runbook.page import Page, PageStep, Part
from commands.steps.base import execute
from commands.steps.outcome import Context, Outcome, stopped, unknown
from state.errors import GonogoError
from state.records import AttemptState, Record

LOG = logging.getLogger("gonogo.recovery")

PATIENCE = 60.0  # seconds in which an unreachable host or database may come back before people are asked
RETRY_INTERVAL = 1.0  # seconds between two tries
CANNOT_TELL = "The bot was interrupted here, and recovery cannot tell how this ended."

NOT_CHECKED = "The bot was interrupted here. It was not checked how this ended, because the rollback comes first."


def recover_after_crash(step: PageStep) -> Callable[[Context], Outcome]:
    """What to do about an attempt that an earlier process left running, instead of running the step again."""
    if step.part == Part.WATCH:
        return lambda ctx: _recover_check(step, ctx)
    return lambda ctx: _recover(ctx, step.box.recover) or unknown(CANNOT_TELL)


def _recover_check(step: PageStep, ctx: Context) -> Outcome:
    """A check of the watch that this bot's end cut off says nothing about production: it is made again.

    The next sample would do the same. If that gives no result either, the sample does not count, and calls nobody.
    """
    outcome = _recover(ctx, step.box.recover) or unknown(CANNOT_TELL)
    if outcome.state != AttemptState.UNKNOWN or ctx.stop.is_set():
        return outcome
    again = execute(step.box, ctx)
    if again.state != AttemptState.UNKNOWN:
        return again
    return stopped(f"Not known: the bot was restarted during this check. {again.summary}")


def give_up_elsewhere(_: Context) -> Outcome:
    """What is said of an attempt that an earlier process left running, where the environment leads elsewhere now."""
    return unknown(
        "The bot was interrupted here, and its environment leads to other places now, so recovery cannot tell how this "
        "ended. Check what runs before you decide."
    )


def end_before_rollback(step: PageStep) -> Callable[[Context], Outcome]:
    """What to do about such an attempt in a rollback: end what may still change production or run on a host.

    Any other step is not run again, and no answer of it is looked at: nothing delays the rollback's first step.
    """
    if step.box.changes_production or step.box.has_job:
        return recover_after_crash(step)
    return lambda _: stopped(NOT_CHECKED)


def resolve_unknown(step: PageStep, ctx: Context, outcome: Outcome) -> Outcome:
    """The outcome, or if it is unknown, what one recovery finds out about it. Nothing is recovered after a stop."""
    if outcome.state != AttemptState.UNKNOWN or ctx.stop.is_set():
        return outcome
    return _recover(ctx, lambda ctx: step.box.recover_lost_attempt(ctx, outcome)) or outcome


def _recover(ctx: Context, recover: Callable[[Context], Outcome | None]) -> Outcome | None:
    """What recovery finds out, or None. If the target is unreachable, it tries again for PATIENCE seconds."""
    deadline = ctx.tools.clock.monotonic() + PATIENCE
    while True:
        try:
            return recover(ctx)
        except GonogoError as error:
            ctx.on_output(
                f"How this ended could not be checked yet: {error} The bot keeps trying for {PATIENCE:.0f} s."
            )
            if ctx.stop.wait(RETRY_INTERVAL) or ctx.tools.clock.monotonic() > deadline:
                return unknown(f"It is unknown how this ended, and the bot cannot check it: {error}")


def clean_up_after_run(
    page: Page, record: Record, context: Callable[[PageStep, int, threading.Event], Context]
) -> None:
    """Let each succeeded step of an ended run remove what later steps would have removed, had they run."""
    for step in page.steps:
        last = record.last(step.id)
        if last and last.state == AttemptState.DONE:
            try:
                step.box.clean_up_after_run(context(step, last.attempt, threading.Event()))
            except GonogoError as error:
                LOG.warning("run %s: %s could not clean up: %s", record.run.id, step.id, error)
