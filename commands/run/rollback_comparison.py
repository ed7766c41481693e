"""Compares production with each backup of the run, once every step of its rollback is settled."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from commands.progress.final_comparison import LIMIT, backups_of
from commands.runbook.page import Page
from commands.steps.outcome import Context, Outcome, done, failed
from state.errors import GonogoError
from state.records import Record


def compare_after_rollback(page: Page, record: Record, ctx: Context) -> Outcome:
    """What is not as before, what is, and what could not be looked at. Nothing is asked of people because of it."""
    outcomes = {}
    for step, attempt in backups_of(page, record):
        own = replace(ctx, title=step.title, key=f"{ctx.key}/{step.id}", values={**ctx.values, **attempt.values})
        box = step.box.model_copy(update={"limit": LIMIT})
        try:
            outcomes[step.title] = box.compare_after_rollback(own)
        except GonogoError as error:
            outcomes[step.title] = failed(f"The database was not compared with its backup: {error}")
    return together(outcomes)


def together(outcomes: Mapping[str, Outcome]) -> Outcome:
    """One outcome for those of several backups, by the titles of their steps."""
    if len(outcomes) == 1:
        return next(iter(outcomes.values()))
    each = [_named(title, outcome) for title, outcome in outcomes.items()]
    found = {
        name: tuple(one for outcome in each for one in getattr(outcome, name))
        for name in ("lines", "missing", "compared", "not_compared")
    }
    ended = done if all(outcome.state == "done" for outcome in each) else failed
    return ended(" ".join(outcome.summary for outcome in each), **found)


def _named(title: str, outcome: Outcome) -> Outcome:
    """One that found nothing because it failed says so itself: the others may have found much."""
    if outcome.state == "done" or outcome.missing:
        return outcome
    return replace(outcome, not_compared=(f"the database with the backup of “{title}” ({outcome.summary})",))
