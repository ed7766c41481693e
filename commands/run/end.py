"""`end`: ends a run by hand, without touching production, when no bot will carry it on; and says what stays there."""

from __future__ import annotations

from datetime import datetime

from commands.progress.clock import clock
from commands.progress.step_state import DECISION, WATCH
from commands.runbook.page import Page
from commands.runbook.people import Who
from commands.text.durations import say
from state.errors import NothingRuns, Refused
from state.records import DONE, ENDED, RUNNING, UNKNOWN, Fact, News, Record, Run, Step
from state.sqlite.store import Store

CUT_OFF = "It was running when the run was ended by hand; nobody has looked how it ended."


def what_stays(page: Page | None, record: Record) -> list[str]:
    """What the run has done to production and what nobody knows of, one sentence each, in order.

    Without a page (one that this version cannot read) every step that began counts.
    """
    steps = {step.id: step for step in page.steps} if page else {}
    kept = []
    for row in {row.step: row for row in record.steps}.values():
        step = steps.get(row.step)
        if row.step in {WATCH, DECISION} or (step and not step.box.changes):
            continue
        title = step.title if step else row.step
        if row.state == RUNNING:
            kept.append(f"“{title}” was cut off; a command of it may still run on its host")
        elif row.state == UNKNOWN:
            kept.append(f"“{title}” was begun, and how it ended is not known")
        else:
            kept.append(f"“{title}” {'is done' if row.state == DONE else f'has {row.state}'}")
    return kept


def end(store: Store, run: Run, page: Page | None, who: Who, reason: str, at: datetime) -> None:
    """Write that a run is over. The caller holds the record's lock. Raises NothingRuns, and Refused without a reason."""
    if not run.active:
        raise NothingRuns(f"Run {run.id} is over already ({run.state}).")
    if not reason.strip():
        raise Refused("Ending a run by hand needs a reason; it stands in the record.")
    record = store.record(run.id)
    stays = what_stays(page, record)
    for row in record.steps:
        if row.state == RUNNING:
            cut = Step(step=row.step, attempt=row.attempt, state=UNKNOWN, began_at=row.began_at, says=CUT_OFF)
            store.end_step(run.id, cut, at)
    fact = Fact(kind="end", once="end", person=who.person, via=who.via, at=at, reason=reason.strip()[:500])
    store.add_fact(run.id, fact)
    data = {
        "state": ENDED,
        "clock": say(clock(record, at)),
        "since_rollback": "",
        "reason": fact.reason,
        "person": who.person,
        "stays": stays,
    }
    store.move_run(run.id, ENDED, at, News(kind="moved", data=data))
