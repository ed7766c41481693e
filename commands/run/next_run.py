"""Starts the page that a kept run's decision names (Option B), once, and records how that went."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from commands.runbook.page import Page
from state.errors import BadRecord, GonogoError
from state.events import NextRunReported, RunStarted
from state.facts import Actor, Door, NextRun
from state.frozen import dataclass
from state.records import NewEvent, Record, Run
from state.store import RecordStore

if TYPE_CHECKING:
    from commands.start.starter import Starter

LOG = logging.getLogger("gonogo.engine")


@dataclass(frozen=True, kw_only=True)
class _Result:
    """The run that began, or why none did."""

    run: Run | None = None
    why: str = ""


def start_next_run(store: RecordStore, starter: Starter, page: Page, run: Run) -> None:
    """Start the page that follows a kept run, if one does and nothing is recorded of it yet.

    Whatever keeps it from starting is recorded for people. Raises BadRecord if the record cannot be used now: then
    it is tried again.
    """
    record = store.record(run.id)
    keep = record.keep
    if not page.decision.starts or not keep or record.newest(NextRun):
        return
    result = _start(store, starter, page, record)
    told = _told(page, record, result)
    LOG.log(logging.INFO if told.started else logging.WARNING, "after run %s: %s", run.id, told.summary)
    by = Actor(person=keep.person, door=Door.BOT)
    fact = NextRun(by=by, at=store.now(), page=page.decision.starts, started=told.started)
    store.add_fact(run.id, fact, NewEvent(data=told))


def _start(store: RecordStore, starter: Starter, page: Page, record: Record) -> _Result:
    from commands.start.request import StartRequest

    run = record.run
    if begun := _begun(store, run):
        return _Result(run=begun)  # the bot ended before it could record that
    if changes := store.changes(run.id):
        return _Result(why=f"The record was changed from outside: {changes[0]}.")
    request = StartRequest(
        page=page.decision.starts,
        ref=_ref(record),
        ref_name=_ref_name(record),
        note=run.note,
        follows=run.id,
        because_by=record.keep.by if record.keep else None,
    )
    try:
        # in the name of the first run's starter, so that whoever decided KEEP may sign the second run too
        return _Result(run=starter.start(request, run.started_by, by_keep=True).run)
    except BadRecord:
        raise
    except GonogoError as error:
        return _Result(why=str(error))
    except Exception as error:  # whatever it is, people are waiting for this run; its message may hold a secret
        return _Result(why=f"Internal error in the bot ({type(error).__name__}).")


def _begun(store: RecordStore, run: Run) -> Run | None:
    """The run that KEEP of this one has started."""
    for later in store.runs():
        if later.id > run.id:
            started = (event.data for event in store.events(later.id, limit=1))
            if any(isinstance(data, RunStarted) and data.follows == run.id for data in started):
                return later
    return None


def _ref(record: Record) -> str:
    """Exactly what this run has deployed."""
    return record.values().get("commit", record.run.ref)


def _ref_name(record: Record) -> str:
    """The name of that, if it has one of its own."""
    ref = record.run.ref_name or record.run.ref
    return ref if ref != _ref(record) else ""


def _told(page: Page, record: Record, result: _Result) -> NextRunReported:
    """What people are told, by whom it was started and who decides."""
    name, began = page.decision.starts, result.run
    summary = f"run {began.id} of {began.page} has started" if began else f"{name} could not be started: {result.why}"
    return NextRunReported(
        summary=summary,
        why=result.why,
        page=name,
        started=began.id if began else 0,
        channel=began.channel if began else "",
        command="" if began else f"start {name} {_ref(record)}",
        starter=record.run.starter,
        roles=(page.decision.role,),
    )
