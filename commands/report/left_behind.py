"""What a run cleaned up behind itself, what it left behind, and what its rollback could not bring back, each by name."""

from __future__ import annotations

from collections.abc import Iterator

from commands.report.run_data import RunData
from commands.rollback.restored import not_restored
from commands.runbook.page import Page, PageStep
from state.records import Attempt, AttemptState, Record, RunState


def cleaned(data: RunData) -> tuple[str, ...]:
    """One sentence for each step that removes what it (or another step) made, and for what was left behind."""
    return tuple(line for step in data.page.steps for line in _cleaned(step, data.attempts(step.id)))


def _cleaned(step: PageStep, rows: list[Attempt]) -> Iterator[str]:
    ended = [row for row in rows if row.state != AttemptState.RUNNING]
    for path in step.box.deleted_paths():
        good = sum(row.state == AttemptState.DONE for row in ended)
        if good:
            yield f"“{step.title}” removed what was made at {path}, {good} of {len(ended)} times"
        yield from (f"“{step.title}”: {row.summary}" for row in ended if row.state != AttemptState.DONE)


def not_brought_back(page: Page, record: Record) -> tuple[str, ...]:
    """What is lost by the rollback, and each of its steps that did not end well or was skipped; nothing without a rollback."""
    back = record.run.state in {RunState.ROLLING_BACK, RunState.ROLLED_BACK}
    lost = (f"Lost by it: {record.run.rollback_loss}",) if record.run.rollback_loss and back else ()
    return lost + not_restored(page, record)
