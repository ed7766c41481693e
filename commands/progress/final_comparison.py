"""The step, not on the page, that compares production with its backup at the end of a rollback."""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar

from commands.runbook.page import Page, PageStep, Part
from commands.steps.base import StepBox
from commands.steps.outcome import Context, Outcome, failed
from commands.text.durations import Duration
from state.records import Attempt, AttemptState, Record

COMPARISON = "the comparison"
LIMIT = timedelta(minutes=3)


class ComparisonBox(StepBox):
    """The box of that step. The runner gives it its work, because it needs the whole record."""

    kind: ClassVar[str] = "comparison"
    may_be_skipped: ClassVar[bool] = False

    takes: Duration = timedelta(seconds=10)
    limit: Duration = LIMIT

    def plan(self) -> list[str]:
        return ["compares the database with what it was right before the first change, and its tables with the backup"]

    def run(self, ctx: Context) -> Outcome:
        return failed(f"“{ctx.title}” did not run.", inconclusive=True)


def comparison_step() -> PageStep:
    """The step that compares production with its backups once every step of the rollback is settled."""
    box = ComparisonBox()
    return PageStep(id=COMPARISON, title="Compare with the backup", line=0, part=Part.ROLLBACK, box=box)


def backups_of(page: Page, record: Record) -> list[tuple[PageStep, Attempt]]:
    """The steps that made a backup in this run, with the attempts that made them."""
    steps = [(step, record.last(step.id)) for step in page.steps if step.box.makes_backup]
    return [(step, last) for step, last in steps if last and last.state == AttemptState.DONE and last.values]
