"""What a run's last steps compared with what serves, and where nothing was looked at."""

from __future__ import annotations

from commands.progress.final_comparison import COMPARISON, backups_of
from commands.progress.rollback_steps import rollback_steps
from commands.progress.step_state import fix_by_hand
from commands.rollback.restored import tool_rows_not_undone
from commands.runbook.page import Page, PageStep, Part
from state.frozen import dataclass
from state.records import AttemptState, Record, RunState


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """`compared`: what was found as it should be, in a few words each. `not_compared`: steps, with why in brackets.

    A step of the second kind may have changed production, and nothing has looked at what came of it. Before these
    stands what a rollback took for granted, as it is.
    """

    compared: tuple[str, ...] = ()
    not_compared: tuple[str, ...] = ()


def comparison(page: Page, record: Record, state: RunState) -> Comparison:
    """What was compared in a run that is in `state` now: after a rollback by its steps, after KEEP by all others.

    Empty for every other state. The watch is left out: its checks show their own newest values.
    """
    if state == RunState.ROLLED_BACK:
        steps = rollback_steps(page, record)
    elif state == RunState.KEPT:
        steps = tuple(step for part in (Part.DEPLOY, Part.SMOKE_TESTS) for step in page.part(part))
    else:
        return Comparison()
    compared: list[str] = []
    not_compared = _taken_for_granted(page, record) if state == RunState.ROLLED_BACK else []
    for step in steps:
        what, why = _of_step(page, record, step, kept=state == RunState.KEPT)
        compared += what
        not_compared += [f"“{step.title}”{one}" for one in why]
    own = record.last(COMPARISON) if state == RunState.ROLLED_BACK else None
    if own:
        compared += own.compared
        not_compared += own.not_compared
        if own.state != AttemptState.DONE and not own.missing and not own.not_compared:
            not_compared.append(f"the database with its backup ({own.summary})")
    elif state == RunState.ROLLED_BACK and not backups_of(page, record):
        not_compared += _without_backup(page)
    return Comparison(compared=tuple(dict.fromkeys(compared)), not_compared=tuple(not_compared))


def _taken_for_granted(page: Page, record: Record) -> list[str]:
    """What the rollback relied on and nobody has asked."""
    begun = (step.box for step in page.steps if record.last(step.id))
    return [*filter(None, (box.takes_for_granted() for box in begun)), *tool_rows_not_undone(page, record)]


def _without_backup(page: Page) -> list[str]:
    """What a run without a backup cannot compare. Empty if its page uses no database."""
    if any(step.box.makes_backup for step in page.steps):
        return ["the database with a backup (this run made none)"]
    used = any(section == "databases" for step in page.steps for section, _ in step.box.places())
    return ["the database with a backup (the page makes none)"] if used else []


def _of_step(page: Page, record: Record, step: PageStep, *, kept: bool) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What a step compared, and what it did not; an empty reason if it changes production and compared nothing."""
    attempt = record.last(step.id)
    if attempt is None:
        return (), ()
    if fix_by_hand(page, record, step, attempt):
        return (), (" (fixed by hand)",)
    if attempt.state == AttemptState.DONE:
        own = tuple(f": {what}" for what in attempt.not_compared)
        nothing = step.box.changes_production and not attempt.compared
        return attempt.compared, own or (("",) if nothing else ())
    # after a rollback it is among what is not restored
    return (), (f" ({attempt.state})",) if kept else ()
