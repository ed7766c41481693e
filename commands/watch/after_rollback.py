"""How the watch after a rollback is judged and ended."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime

from commands.progress.after_rollback import page_after_rollback, record_after_rollback
from commands.progress.clock import elapsed
from commands.progress.step_state import AFTER_ROLLBACK
from commands.runbook.page import Page
from commands.text.actors import door_in_words
from commands.text.durations import format_duration
from commands.watch.verdicts import CheckVerdict, check_verdicts
from state.errors import TooLate
from state.events import RunMoved
from state.facts import BOT, Actor
from state.records import Attempt, AttemptState, NewEvent, Record, RunState
from state.store import RecordStore


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
    verdicts = verdicts_after_rollback(page, record)
    moved = RunMoved(
        state=RunState.ROLLED_BACK,
        clock=format_duration(elapsed(record, at)),
        checks=len(verdicts),
        not_well=tuple(f"“{one.title}” {one.verdict}: {one.summary}" for one in verdicts if not one.good),
        person=by.person if by != BOT else "",
        door=door_in_words(by) if by != BOT else "",
        watched=True,
    )
    return NewEvent(data=moved)
