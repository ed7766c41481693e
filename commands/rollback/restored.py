"""What a rollback has not restored: its steps that did not end well, were refused or were skipped, each by name."""

from __future__ import annotations

from commands.progress.step_state import answer_to, is_refused
from commands.rollback.order import rollback_steps
from commands.runbook.page import Page, PageStep, Part
from state.facts import Choice
from state.records import AttemptState, Record, RunState


def not_restored(page: Page, record: Record) -> tuple[str, ...]:
    """One sentence for each step of the rollback that did not end well, was skipped, or did not begin; nothing without a rollback.

    What a person did by hand, and said so, is restored.
    """
    if record.run.state not in {RunState.ROLLING_BACK, RunState.ROLLED_BACK}:
        return ()
    return tuple(why for step in rollback_steps(page, record) if (why := _why_not(record, step)))


def missing_at(page: Page, record: Record, step: PageStep) -> dict[str, str]:
    """What the steps of the rollback above `step` have not restored by now: each name with who is to act, and the whole sentence."""
    steps = rollback_steps(page, record) if step.part == Part.ROLLBACK else ()
    above = steps[: steps.index(step)] if step in steps else ()
    ended = [one for one in above if (row := record.last(one.id)) and row.state != AttemptState.RUNNING]
    return {
        f"“{one.title}” ({page.roles[one.box.asks or page.decision.role].title} must act)": why
        for one in ended
        if (why := _why_not(record, one))
    }


def _why_not(record: Record, step: PageStep) -> str:
    """Why a step of the rollback has not restored what it is for; empty where it has."""
    row = record.last(step.id)
    if row is None:
        return f"“{step.title}” did not begin"
    answer = answer_to(record, row)
    refused = is_refused(record, row)
    if not refused and (row.state == AttemptState.DONE or (answer and answer.choice is Choice.DONE)):
        return ""
    how = "refused" if refused else row.state
    why = f" ({answer.choice}: {answer.reason})" if answer else ""
    return f"“{step.title}” {how}: {row.summary}{why}"
