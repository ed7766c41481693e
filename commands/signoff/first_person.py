"""What waits for a second person counts only while the first person may still decide it."""

from __future__ import annotations

from datetime import datetime

from commands.progress.start_gate import open_objections
from commands.progress.step_state import DECISION
from commands.runbook.page import Page
from commands.runbook.people import People, is_user_group
from commands.signoff.permission_check import Matter, parties_of, require_permission
from commands.signoff.permissions import Act, roles_for
from commands.signoff.waiting import Waiting, waiting_for
from state.errors import NotAllowed, Refused
from state.events import Ask
from state.facts import BOT, Choice, Door, EarlyKeep, Lapsed, StepAnswer
from state.records import Record
from state.store import RecordStore

ACTS = {Choice.RETRY: Act.AGAIN, Choice.DONE: Act.DONE, Choice.SKIP: Act.SKIP, Choice.OVERRIDE: Act.OVERRIDE}


def first_decision(record: Record, waiting: Waiting) -> StepAnswer | EarlyKeep | None:
    """The decision that waits for a second person."""
    if waiting.step == DECISION:
        return record.newest(EarlyKeep)
    return record.newest(StepAnswer, step=waiting.step, attempt=waiting.attempt)


def first_people(page: Page, record: Record) -> frozenset[str]:
    """Whoever made a decision that waits for a second person now."""
    if against := open_objections(record):
        said = {one.person for one in against if one.by.door is not Door.BOT}  # KEEP starts by itself
        return frozenset({record.run.starter, *said} if said else said)
    firsts = (first_decision(record, waiting) for waiting in waiting_for(page, record) if waiting.ask is Ask.AGREE)
    return frozenset(first.person for first in firsts if first)


def why_lapsed(page: Page, people: People, record: Record, waiting: Waiting) -> str:
    """Why the first person may not make that decision any more; empty if they may.

    Raises Refused if nobody can tell, because the role is held by a Slack user group whose members are not known here.
    """
    first = first_decision(record, waiting)
    if first is None:
        return ""
    act = Act.EARLY_KEEP if isinstance(first, EarlyKeep) else ACTS[first.choice]
    box = next((step.box for step in page.steps if step.id == waiting.step), None)
    roles = roles_for(act, page, box=box)
    parties = parties_of(record, waiting.step, waiting.attempt)
    matter = Matter(roles=roles, starter=record.run.started_by, title=waiting.title, parties=parties)
    try:
        require_permission(act, first.by, page, people, matter)
    except NotAllowed as error:
        if any(is_user_group(name) for role in roles for name in people.get(role, ())):
            raise Refused(
                f"Whether {first.person} still holds the role is known only in Slack, by its user group. Agree there."
            ) from None
        return str(error)
    return ""


def lapse(
    store: RecordStore, run: int, page: Page, first: StepAnswer | EarlyKeep, waiting: Waiting, why: str, at: datetime
) -> bool:
    """Record that a decision no longer counts. False if somebody has done so, or has agreed, meanwhile."""
    fact = Lapsed(
        by=BOT, at=at, step=waiting.step, attempt=waiting.attempt, of=first.key, first=first.person, reason=why
    )

    def still_waits(record: Record) -> bool:
        return first_decision(record, waiting) == first and waiting in waiting_for(page, record)

    return store.add_fact(run, fact, only_if=still_waits)
