"""What a rollback has not restored: its steps that did not end well, were refused or were skipped, each by name."""

from __future__ import annotations

from commands.runbook.page import Page
from commands.settle import ITS_DONE, refusal, way_back
from state.records import DONE, ROLLED_BACK, ROLLING_BACK, Record


def not_restored(page: Page, record: Record) -> tuple[str, ...]:
    """One sentence for each step of the rollback that did not end well, was skipped, or did not begin; nothing without a rollback.

    What a person did by hand, and said so, is restored.
    """
    if record.run.state not in {ROLLING_BACK, ROLLED_BACK}:
        return ()
    lost = []
    for step in way_back(page, record):
        row = record.last(step.id)
        if row is None:
            lost.append(f"“{step.title}” did not begin")
            continue
        answer = record.fact("answer", step.id, row.attempt)
        refused = refusal(record, row)
        if refused or (row.state != DONE and (answer is None or answer.said != ITS_DONE)):
            how = "refused" if refused else row.state
            why = f" ({answer.said}: {answer.reason})" if answer else ""
            lost.append(f"“{step.title}” {how}: {row.says}{why}")
    return tuple(lost)
