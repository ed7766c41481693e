"""The steps of a run that are not on its page: the bot adds them."""

from __future__ import annotations

from commands.progress.after_rollback import checks_after_rollback
from commands.progress.evidence import CHECK, check_step
from commands.progress.final_comparison import COMPARISON, comparison_step
from commands.progress.fit import FIT, fit_step
from commands.progress.reach import REACH, reach_step
from commands.runbook.page import Page, PageStep
from state.records import Record

OWN = frozenset({CHECK, REACH, FIT, COMPARISON})  # without the checks of the watch after a rollback


def own_steps(page: Page, record: Record) -> tuple[PageStep, ...]:
    """All of them, whether they have begun or not."""
    added = (check_step(page), reach_step(page, record), fit_step(page, record), comparison_step())
    return (*added, *_watched_again(page, record))


def step_of_run(page: Page, record: Record, step_id: str) -> PageStep:
    """A step of the page, or one that the bot adds. Raises KeyError."""
    return next((step for step in own_steps(page, record) if step.id == step_id), None) or page.step(step_id)


def _watched_again(page: Page, record: Record) -> tuple[PageStep, ...]:
    """The rollback's own checks as they go on after it; the checks of the watch are on the page."""
    on_page = {step.id for step in page.steps}
    return tuple(step for step in checks_after_rollback(page, record) if step.id not in on_page)
