"""What a rollback has not restored: steps that did not do their part, and what nothing undoes."""

from __future__ import annotations

from commands.progress.final_comparison import COMPARISON
from commands.progress.rollback_steps import rollback_steps
from commands.progress.step_state import answer_to, is_refused, is_restored
from commands.runbook.page import Page, PageStep
from commands.runbook.undone import calls_migration_tool, steps_not_undone, undoing_steps
from commands.text.command_lines import lines_without_comments
from state.records import AttemptState, Record, RunState

# the ends after which people take it that all is as before the run
TAKEN_BACK = frozenset({RunState.ROLLED_BACK, RunState.ABORTED})
_COMMANDS, _COMMAND_LENGTH = 3, 50  # commands in a sentence, whose end says why they are left; characters of each
_MAY_HAVE = {
    AttemptState.FAILED: ", which failed and may have changed something",
    AttemptState.STOPPED: ", which was stopped and may have changed something",
    AttemptState.UNKNOWN: ", whose result is unknown",
}


def not_restored(page: Page, record: Record) -> tuple[str, ...]:
    """One sentence for each step of the rollback that has not restored its part, and for what is not as before.

    Empty without a rollback.

    A step that a person fixed by hand, and answered so, counts as restored.
    """
    if record.run.state not in {RunState.ROLLING_BACK, RunState.ROLLED_BACK}:
        return ()
    reasons = tuple(reason for step in rollback_steps(page, record) if (reason := why_not_restored(page, record, step)))
    compared = record.last(COMPARISON)
    return reasons + (compared.missing if compared else ())


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
        if (reason := why_not_restored(page, record, one))
    }


def not_undone(page: Page, record: Record) -> tuple[str, ...]:
    """One sentence for each step that began and changed something which no step of the page's rollback undoes."""
    begun = ((step, record.last(step.id)) for step in steps_not_undone(page) if not _applied_nothing(record, step))
    return tuple(_left(step, attempt.state) for step, attempt in begun if attempt)


def tool_rows_not_undone(page: Page, record: Record) -> tuple[str, ...]:
    """The migration tools whose changes another way than the tool undoes: their own rows were not looked at."""
    return tuple(
        f"the migration tool's own list of what “{step.title}” applied ({_commands(step)})"
        for step in page.steps
        if calls_migration_tool(step)
        and record.last(step.id)
        and not _applied_nothing(record, step)
        and (back := undoing_steps(page, step))
        and not any(one.box.runs_commands for one in back)
    )


def _applied_nothing(record: Record, step: PageStep) -> bool:
    """Whether every attempt at it found nothing to apply: one that failed may have left something before the others."""
    return all(attempt.applied_nothing for attempt in record.attempts if attempt.step == step.id)


def _left(step: PageStep, state: AttemptState) -> str:
    commands = f" ({_commands(step)})" if step.box.ran() else ""
    rows = ", and the migration tool's own list of what it applied" if calls_migration_tool(step) else ""
    why = step.box.why.rstrip(".") or "no step of the rollback undoes it"
    return f"Not rolled back: “{step.title}”{_MAY_HAVE.get(state, '')}{commands}{rows}: {why}"


def _commands(step: PageStep) -> str:
    lines = [" ".join(" ".join(lines_without_comments(command)).split()) for command in step.box.ran()]
    shown = [line if len(line) <= _COMMAND_LENGTH else f"{line[:_COMMAND_LENGTH]}…" for line in lines[:_COMMANDS]]
    more = [f"and {len(lines) - _COMMANDS} more"] if len(lines) > _COMMANDS else []
    return "; ".join([*shown, *more])


def why_not_restored(page: Page, record: Record, step: PageStep) -> str:
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
