"""Notes for the report: a line that a person adds to a run, with the message that it is about."""

from __future__ import annotations

from datetime import datetime

from commands.signoff.permission_check import require_door
from commands.signoff.permissions import Act
from commands.text.actors import door_in_words
from commands.text.typed import typed
from state.errors import Refused, TooLate
from state.events import NoteAdded
from state.facts import Actor, Note
from state.frozen import dataclass
from state.records import ACTIVE, NewEvent, Run
from state.store import RecordStore


@dataclass(frozen=True, kw_only=True)
class NoteText:
    """What a person wants to note: see `Note`."""

    text: str
    link: str = ""
    author: str = ""
    form: str = ""


def add_note(store: RecordStore, run: Run, actor: Actor, note: NoteText, at: datetime) -> bool:
    """Add a note to an active run. False if this form has added it already.

    Raises Refused for an empty note, TooLate once the run is over: its report is posted then.
    """
    require_door(Act.NOTE, actor)
    text = typed(note.text)
    if not text:
        raise Refused("The note is empty. Write what the report should say.")
    fact = Note(by=actor, at=at, text=text, link=note.link, author=note.author, form=note.form)
    added = NoteAdded(person=actor.person, door=door_in_words(actor), summary=text, link=note.link)
    if store.add_fact(run.id, fact, NewEvent(data=added), only_in=ACTIVE):
        return True
    if not store.run(run.id).active:
        raise TooLate(f"Run {run.id} is over, and its report is posted. Nothing was noted.")
    return False
