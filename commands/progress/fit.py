"""Whether what a rollback left and what went back fit together, before requests are let in."""

from __future__ import annotations

from typing import ClassVar

from commands.progress.rollback_steps import restoring_steps
from commands.progress.step_state import StepState, is_restored, state_of
from commands.runbook.page import Page, PageStep, Part
from commands.steps.base import StepBox
from commands.steps.outcome import Context, Outcome, done, failed
from state.records import Record

FIT = "whether the parts fit"  # the step, not on the page, without which no requests are let in on such parts


class FitBox(StepBox):
    """The box of that step: the steps that did not restore their part, by id, and the titles of those that did."""

    kind: ClassVar[str] = "fit"
    needs_second_person: ClassVar[bool] = True
    may_be_fixed: ClassVar[bool] = False

    left: tuple[tuple[str, str], ...] = ()
    back: tuple[str, ...] = ()

    def plan(self) -> list[str]:
        return [f"checks whether “{title}” has been rolled back by now" for _, title in self.left]

    def run(self, ctx: Context) -> Outcome:
        """What people have repaired by hand meanwhile counts, where the step's own queries show it."""
        left = [title for step, title in self.left if not ctx.boxes[step].holds_now(ctx)]
        if not left:
            return done("What was not rolled back is as it should be now, by the queries of its own steps.")
        return failed(
            f"Requests stay stopped. Not rolled back: {_quoted(left)}. Rolled back: {_quoted(self.back)}. "
            "These may not fit together, and users would get errors."
        )


def parts_left(page: Page, record: Record) -> tuple[PageStep, ...]:
    """The steps that did not restore their part although others did; empty if all parts are old, or all new."""
    steps = restoring_steps(page, record)
    settled = [step for step in steps if state_of(page, record, step) is StepState.SETTLED]
    left = tuple(step for step in settled if not is_restored(page, record, step))
    return left if len(left) < len(settled) else ()


def fit_step(page: Page, record: Record) -> PageStep:
    """The step as it is now."""
    back = tuple(step.title for step in restoring_steps(page, record) if is_restored(page, record, step))
    box = FitBox(left=tuple((step.id, step.title) for step in parts_left(page, record)), back=back)
    return PageStep(id=FIT, title="Check that the parts fit together", line=0, part=Part.ROLLBACK, box=box)


def _quoted(titles: list[str] | tuple[str, ...]) -> str:
    return ", ".join(f"“{title}”" for title in titles)
