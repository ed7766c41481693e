"""What a rollback has not restored: steps that failed, were skipped, or did not begin."""

from __future__ import annotations

from commands.progress.rollback_steps import rollback_steps
from commands.progress.step_state import answer_to, is_refused, is_restored
from commands.runbook.page import Page, PageStep
from state.records import AttemptState, Record, RunState


def not_restored(page: Page, record: Record) -> tuple[str, ...]:
    """One sentence for each step of the rollback that has not restored its part. Empty without a rollback.

    A step that a person fixed by hand, and answered so, counts as restored.
    """
    if record.run.state not in {RunState.ROLLING_BACK, RunState.ROLLED_BACK}:
        return ()
    return tuple(reason for step in rollback_steps(page, record) if (reason := _why_not(page, record, step)))


def not_restored_before(page: Page, record: Record, step: PageStep) -> dict[str, str]:
    """What the rollback's steps above `step` have not restored, of those that have ended.

    The key is the step's title with who must act; the value is the sentence of `not_restored`.
    """
    steps = rollback_steps(page, record)
    above = steps[: steps.index(step)] if step in steps else ()
    ended = [one for one in above if (attempt := record.last(one.id)) and attempt.state != AttemptState.RUNNING]
    return {
        f"“{one.title}” ({page.roles[one.box.asks or page.decision.role].title} must act)": reason
        for one in ended
        if (reason := _why_not(page, record, one))
    }


def _why_not(page: Page, record: Record, step: PageStep) -> str:
    """Why a step of the rollback has not restored its part; empty if it has."""
    attempt = record.last(step.id)
    if attempt is None:
        return f"“{step.title}” did not begin"
    answer = answer_to(record, attempt)
    if is_restored(page, record, step):
        return ""
    result = "refused" if is_refused(record, attempt) else attempt.state
    decision = f" ({answer.choice}: {answer.reason})" if answer else ""
    return f"“{step.title}” {result}: {attempt.summary}{decision}"
