"""What a run cleaned up, what it left behind, and what its rollback did not restore."""

from __future__ import annotations

from collections.abc import Iterator

from commands.report.run_data import RunData
from commands.rollback.loss import lost
from commands.rollback.restored import not_restored
from commands.runbook.page import Page, PageStep
from state.records import Attempt, AttemptState, Record


def cleanup_results(data: RunData) -> tuple[str, ...]:
    """One sentence for each step that cleans up, and one for each attempt that left something behind."""
    return tuple(line for step in data.page.steps for line in _cleanup_of(step, data.attempts(step.id)))


def _cleanup_of(step: PageStep, attempts: list[Attempt]) -> Iterator[str]:
    ended = [attempt for attempt in attempts if attempt.state != AttemptState.RUNNING]
    for path in step.box.deleted_paths():
        succeeded = sum(attempt.state == AttemptState.DONE for attempt in ended)
        if succeeded:
            yield f"“{step.title}” deleted what was created at {path}, in {succeeded} of {len(ended)} attempts"
        yield from (f"“{step.title}”: {attempt.summary}" for attempt in ended if attempt.state != AttemptState.DONE)


def rollback_losses(page: Page, record: Record) -> tuple[str, ...]:
    """What the rollback lost, and each of its steps that did not restore its part. Empty without a rollback."""
    loss = lost(page, record)
    return ((f"Lost: {loss}",) if loss else ()) + not_restored(page, record)
