"""Answers in a drill say that it is one, and what is pressed in vain is noted for the report."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress

from bot.doors.deps import Deps
from commands.progress.drill import MARK
from commands.text.actors import door_in_words
from commands.text.typed import typed
from state.errors import BadRecord, GonogoError, Refused
from state.events import PressRefused
from state.facts import Actor
from state.records import NewEvent, Run


def of_drill(run: Run, reply: str) -> str:
    """A reply to somebody who acted on a run; in a drill it says so first."""
    return f"{MARK} · {reply}" if run.drill else reply


@contextmanager
def refusals_marked(run: Run) -> Iterator[None]:
    """Inside the block somebody acts on a run; a refusal knows whether that is a drill."""
    try:
        yield
    except GonogoError as refusal:
        refusal.of_drill = bool(run.drill)
        raise


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
