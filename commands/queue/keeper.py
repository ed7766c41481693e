"""The keeper of the queues: asks people when a start's moment has come, or drops it."""

from __future__ import annotations

import logging
from collections import defaultdict
from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from commands.queue.decide import AskStart, QueueInstruction, StepAside, TakeBack, next_in_queue
from commands.queue.entry import PATIENCE, open_question, planned_for
from commands.queue.target import busy_with, ended_before
from commands.runbook.page import Page
from commands.text.durations import format_duration
from state.errors import BadRecord, GonogoError
from state.events import QueueLeft, StartAsked, StartPutOff
from state.facts import BOT, PutOff, StartQuestion
from state.records import NewEvent, Record, Run, RunState
from state.store import RecordStore

if TYPE_CHECKING:
    from commands.start.starter import Starter

LOG = logging.getLogger("gonogo.queue")
LATE = 5 * 60  # seconds after its time from which a question says that it is late


class QueueKeeper:
    """Does what is due about the queued starts of a record. Each bot may: every fact counts once."""

    def __init__(self, store: RecordStore, starter: Starter) -> None:
        self._store = store
        self._starter = starter
        self._version: tuple[int, int] | None = None  # of a record in which nothing was queued
        self._errors: dict[str, str] = {}  # by target, as they were logged last

    def turn(self) -> None:
        """Do what is due now. Raises BadRecord; any other error is logged and holds up no other target."""
        version = self._store.version(0)
        if version == self._version:
            return
        queues: defaultdict[str, list[Run]] = defaultdict(list)
        for run in self._store.queued():
            queues[run.target].append(run)
        self._version = None if queues else version
        for target, runs in queues.items():
            try:
                self._turn_of(target, runs)
                self._errors.pop(target, None)
            except BadRecord:
                raise
            except GonogoError as error:  # the pages cannot be read now
                self._report(target, str(error))
            except Exception as error:  # its message may hold a secret
                self._report(target, f"internal error in the bot ({type(error).__name__})")

    def _report(self, target: str, why: str) -> None:
        """Log why the queue of a target waits, once."""
        if self._errors.get(target) != why:
            LOG.warning("the queue of %s waits: %s", target, why)
        self._errors[target] = why

    def _turn_of(self, target: str, runs: list[Run]) -> None:
        queue = self._store.records(run.id for run in runs)
        queue = [record for record in queue if record.run.state == RunState.QUEUED]
        instruction = next_in_queue(queue, busy_with(self._store, target), self._starter.now())
        if instruction:
            record = next(one for one in queue if one.run.id == instruction.start)
            self._carry_out(instruction, record)

    def _carry_out(self, instruction: QueueInstruction, record: Record) -> None:
        now = self._starter.now()
        match instruction:
            case AskStart(number=number):
                self._ask(record, number, now)
            case TakeBack(number=number, busy=busy):
                put_off = PutOff(by=BOT, at=now, number=number, until=now.isoformat())
                summary = f"Run {busy} has started. People are asked again once {record.run.target} is free."
                told = NewEvent(data=StartPutOff(person=BOT.person, summary=summary))
                self._store.add_fact(record.run.id, put_off, told, only_in=(RunState.QUEUED,))
            case StepAside(number=number):
                why = f"nobody answered within {format_duration(PATIENCE)}"
                self._drop(record, why, now, silent=True, asked=number)

    def _ask(self, record: Record, number: int, now: datetime) -> None:
        run = record.run
        if changes := self._store.changes(run.id):
            self._drop(record, f"its record was changed from outside: {changes[0]}", now)
            return
        page = self._starter.pages().get(run.page)
        if page is None:
            self._drop(record, f"its page {run.page} does not exist any more", now)
            return
        if page.runbook.target != run.target:
            self._drop(record, f"its page {run.page} deploys to {page.runbook.target} now", now)
            return
        question = StartQuestion(by=BOT, at=now, number=number)
        asked = _asked(self._store, record, page, number, now)
        self._store.add_fact(run.id, question, NewEvent(data=asked), only_in=(RunState.QUEUED,))

    def _drop(self, record: Record, why: str, now: datetime, *, silent: bool = False, asked: int = 0) -> None:
        def is_due(found: Record) -> bool:
            open_ = open_question(found)
            return not asked or (open_ is not None and open_.number == asked)

        left = NewEvent(data=QueueLeft(person=BOT.person, reason=why, silent=silent))
        self._store.move_run(record.run.id, RunState.DROPPED, now, left, only_if=is_due)


def _asked(store: RecordStore, record: Record, page: Page, number: int, now: datetime) -> StartAsked:
    run, zone = record.run, ZoneInfo(page.runbook.time_zone)
    planned = planned_for(record)
    is_late = planned is not None and (now - planned).total_seconds() > LATE
    return StartAsked(
        number=number,
        title=page.title,
        before=ended_before(store, run),
        late=f"It was planned for {planned.astimezone(zone):%a %H:%M}." if planned and is_late else "",
        edited=f"{page.name} was edited since it was queued: the page as it is now starts." * (page.text != run.text),
        roles=(page.decision.role,),
    )
