"""How the watch after a rollback is judged and ended."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime

from commands.progress.after_rollback import checks_after_rollback, page_after_rollback, record_after_rollback
from commands.progress.clock import elapsed
from commands.progress.step_state import AFTER_ROLLBACK
from commands.runbook.page import Page
from commands.text.actors import door_in_words
from commands.text.durations import format_duration
from commands.watch.verdicts import CheckVerdict, Verdict, check_verdicts
from state.errors import TooLate
from state.events import RunMoved
from state.facts import BOT, Actor
from state.records import Attempt, AttemptState, NewEvent, Record, RunState
from state.store import RecordStore

_WITHOUT_DATA = (Verdict.QUIET, Verdict.NO_DATA)


def verdicts_after_rollback(page: Page, record: Record) -> tuple[CheckVerdict, ...]:
    """The verdict on each check of the watch after a rollback; empty before it began."""
    if not record.last(AFTER_ROLLBACK):
        return ()
    return check_verdicts(page_after_rollback(page, record), record_after_rollback(page, record))


def end_watch_after_rollback(store: RecordStore, page: Page, record: Record, at: datetime, by: Actor = BOT) -> None:
    """Write that the watch after a rollback is over, and with it the run: in time, or early by who starts the next."""
    began = record.last(AFTER_ROLLBACK)
    if began and began.state == AttemptState.RUNNING:
        ended = Attempt(step=AFTER_ROLLBACK, attempt=1, state=AttemptState.DONE, began_at=began.began_at)
        with suppress(TooLate):  # another process has just ended it
            store.end_attempt(record.run.id, ended, at)
    store.move_run(record.run.id, RunState.ROLLED_BACK, at, _over(page, record, at, by))


def _over(page: Page, record: Record, at: datetime, by: Actor) -> NewEvent:
    verdicts = {one.step: one for one in verdicts_after_rollback(page, record)}
    checks = checks_after_rollback(page, record)
    # too little traffic at night is a fact about users, and no check that could not be made (`blind`)
    thin = [one for one in verdicts.values() if one.verdict in _WITHOUT_DATA and not one.blind]
    moved = RunMoved(
        state=RunState.ROLLED_BACK,
        clock=format_duration(elapsed(record, at)),
        checks=len(checks),
        not_well=tuple(
            f"“{one.title}” {one.verdict}: {one.summary}"
            for one in verdicts.values()
            if not one.good and one not in thin
        ),
        not_judged=(
            *(f"“{one.title}”: too little data to judge by: {one.summary}" for one in thin),
            *(f"“{step.title}” was not checked" for step in checks if step.id not in verdicts),
        ),
        person=by.person if by != BOT else "",
        door=door_in_words(by) if by != BOT else "",
        watched=True,
    )
    return NewEvent(data=moved)
