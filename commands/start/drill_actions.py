"""What people do before a drill begins: they take part, and one lets it begin."""

from __future__ import annotations

from datetime import datetime

from commands.progress.drill import players, waits_for_people
from commands.runbook.page import Page
from commands.runbook.people import People
from commands.signoff.permission_check import Matter, require_permission
from commands.signoff.permissions import Act, roles_for
from commands.start.people_warnings import people_warnings
from commands.text.actors import door_in_words
from state.errors import Refused, TooLate
from state.events import DrillBegan, TookPart
from state.facts import Actor, DrillBegun, TakesPart
from state.records import NewEvent, Record
from state.store import RecordStore


def take_part(store: RecordStore, page: Page, run: int, people: People, actor: Actor, at: datetime) -> bool:
    """Take part in a drill. False if this person does already. Raises NotAllowed, Refused, TooLate."""
    _require_waiting(store.record(run))
    _require(Act.TAKE_PART, actor, page, people)
    event = NewEvent(data=TookPart(person=actor.person, door=door_in_words(actor)))
    return store.add_fact(run, TakesPart(by=actor, at=at), event, only_if=waits_for_people)


def begin_drill(store: RecordStore, page: Page, run: int, people: People, actor: Actor, at: datetime) -> bool:
    """Let a drill begin. False if it has begun already.

    Raises NotAllowed, TooLate, and Refused while a role has nobody who takes part.
    """
    record = store.record(run)
    _require_waiting(record)
    _require(Act.BEGIN_DRILL, actor, page, people)
    if why := why_not_yet(page, people, record):
        raise Refused(f"The drill cannot begin yet. {' '.join(why)}")

    def is_complete(record: Record) -> bool:
        return waits_for_people(record) and not why_not_yet(page, people, record)

    event = NewEvent(data=DrillBegan(person=actor.person, door=door_in_words(actor)))
    return store.add_fact(run, DrillBegun(by=actor, at=at), event, only_if=is_complete)


def missing_roles(page: Page, people: People, record: Record) -> list[str]:
    """The titles of the roles in which nobody takes part yet."""
    playing = players(people, record)
    return [role.title for name, role in page.roles.items() if not playing.get(name)]


def why_not_yet(page: Page, people: People, record: Record) -> tuple[str, ...]:
    """Why those who take part cannot play the page to its end yet, one sentence each; nothing if they can."""
    if empty := missing_roles(page, people, record):
        return (f"Nobody takes part as {', '.join(empty)}.",)
    if not (lacking := people_warnings(page, players(people, record), record.run.starter)):
        return ()
    return *lacking, "Somebody else must take part in that role, or somebody else must start the drill."


def _require(act: Act, actor: Actor, page: Page, people: People) -> None:
    require_permission(act, actor, page, people, Matter(roles=roles_for(act, page)))


def _require_waiting(record: Record) -> None:
    if not record.run.drill:
        raise Refused(f"Run {record.run.id} is no drill.")
    if not record.run.active:
        raise TooLate(f"Run {record.run.id} is over ({record.run.how_over}).")
    if not waits_for_people(record):
        raise TooLate("The drill has begun. Take part in the next one.")
