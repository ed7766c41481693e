"""What is pressed in vain in a drill is noted: the report tells it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress

from bot.doors.deps import Deps
from commands.text.actors import door_in_words
from commands.text.typed import typed
from state.errors import BadRecord, Refused
from state.events import PressRefused
from state.facts import Actor
from state.records import NewEvent, Run


@contextmanager
def refusals_noted(deps: Deps, run: Run, action: str, actor: Actor) -> Iterator[None]:
    """Inside the block somebody acts on a run; in a drill, a refusal is noted before it is raised."""
    try:
        yield
    except BadRecord:
        raise
    except Refused as refusal:
        if run.drill and run.active:
            refused = PressRefused(
                person=actor.person, door=door_in_words(actor), action=action, why=typed(str(refusal))
            )
            with suppress(BadRecord):  # then the refusal is what matters
                deps.store.add_events(run.id, deps.now(), NewEvent(data=refused))
        raise
