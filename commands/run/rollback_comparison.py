"""Compares production with each backup of the run, once every step of its rollback is settled."""

from __future__ import annotations

from dataclasses import replace

from commands.progress.final_comparison import LIMIT, backups_of
from commands.runbook.page import Page
from commands.steps.outcome import Context, Outcome, done, failed
from state.errors import GonogoError
from state.records import Record


def compare_after_rollback(page: Page, record: Record, ctx: Context) -> Outcome:
    """What is not as before, what is, and what could not be looked at. Nothing is asked of people because of it."""
    outcomes = []
    for step, attempt in backups_of(page, record):
        own = replace(ctx, title=step.title, key=f"{ctx.key}/{step.id}", values={**ctx.values, **attempt.values})
        box = step.box.model_copy(update={"limit": LIMIT})
        try:
            outcomes.append(box.compare_after_rollback(own))
        except GonogoError as error:
            outcomes.append(failed(f"Production was not compared with its backup: {error}"))
    if len(outcomes) == 1:
        return outcomes[0]
    together = {
        name: tuple(one for outcome in outcomes for one in getattr(outcome, name))
        for name in ("lines", "missing", "compared", "not_compared")
    }
    ended = done if all(outcome.state == "done" for outcome in outcomes) else failed
    return ended(" ".join(outcome.summary for outcome in outcomes), **together)
