"""The watch after a rollback: which checks fit the version that is back, and since when it is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from commands.progress.rollback_steps import rollback_steps
from commands.progress.step_state import AFTER_ROLLBACK
from commands.progress.values import values_for
from commands.runbook.page import Page, PageStep, Part
from state.records import Record

OFTEN = timedelta(minutes=1)  # between two samples of a check of the rollback itself
LEAST_SAMPLES = 3  # of a check of the watch
MARK = "-after-rollback"  # what the ids of the rollback's own checks end with, so that their samples stand apart


def checks_after_rollback(page: Page, record: Record) -> tuple[PageStep, ...]:
    """The checks that go on after a rollback. Empty if the page names no time for them.

    These are the checks of the watch that a baseline made before the deploy, so that they are known to fit the old
    version, and the steps of the rollback that only look at it.
    """
    return tuple(_checks(page, record, page.runbook.after_rollback)) if page.runbook.after_rollback else ()


def _checks(page: Page, record: Record, lasts: timedelta) -> Iterator[PageStep]:
    fit = {check for step in page.steps for check in step.box.checks_before()}
    for step in page.part(Part.WATCH):
        if step.id in fit:
            yield _watched(page, record, step, step.id, min(step.box.every or lasts, lasts / LEAST_SAMPLES))
    for step in rollback_steps(page, record):
        if step.box.only_looks():
            yield _watched(page, record, step, f"{step.id}{MARK}", OFTEN)


def _watched(page: Page, record: Record, step: PageStep, step_id: str, every: timedelta) -> PageStep:
    """A step as a check of the watch after the rollback: it calls people, and changes nothing."""
    known = set(values_for(page, record, step))
    # a rollback from before a value was set, such as the moment from which requests were let in
    box = step.box if step.box.inputs() <= known else step.box.for_baseline()
    watched = {"every": every, "on_failure": "tell", "undoes": "", "after": None, "sign": []}
    return replace(step, id=step_id, part=Part.WATCH, box=box.model_copy(update=watched))


def page_after_rollback(page: Page, record: Record) -> Page:
    """The page with these checks as its watch, whose alerts only call people: nothing is left to roll back."""
    checks = checks_after_rollback(page, record)
    names = {step.id for step in checks}
    alerts = [alert.model_copy(update={"action": "tell"}) for alert in page.alerts if alert.check in names]
    others = tuple(step for step in page.steps if step.part != Part.WATCH)
    return replace(page, steps=(*others, *checks), alerts=tuple(alerts))


def record_after_rollback(page: Page, record: Record) -> Record:
    """The record without what the checks of the watch found before: that was the version that is gone."""
    began = record.last(AFTER_ROLLBACK)
    watched = {step.id for step in page.part(Part.WATCH)}
    attempts = tuple(
        one for one in record.attempts if one.step not in watched or (began and one.began_at >= began.began_at)
    )
    return replace(record, attempts=attempts)


def record_before_rollback(record: Record) -> Record:
    """The record with what had begun when the rollback was requested: all that is known of the version that goes."""
    if not (request := record.rollback):
        return record
    return replace(record, attempts=tuple(one for one in record.attempts if one.began_at <= request.at))


def restored_at(record: Record) -> datetime | None:
    """When the rollback was over, without the watch after it; None before that, or without a rollback."""
    began = record.last(AFTER_ROLLBACK)
    return (began.began_at if began else record.run.ended_at) if record.rollback else None
