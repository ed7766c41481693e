"""The surprise of a drill that starts: drawn or chosen, and sealed for the record."""

from __future__ import annotations

import secrets
from datetime import datetime

from commands.progress.sealed import seal
from commands.progress.surprises import STORIES, Story
from commands.runbook.page import Page
from commands.start.request import ANY, StartRequest
from state.errors import BadRecord, Refused
from state.facts import Actor, Surprise
from state.store import RecordStore


def surprise_for(page: Page, request: StartRequest) -> Story | None:
    """The surprise that a request asks for, drawn if it names none; None if it asks for none. Raises Refused."""
    if not request.surprise:
        return None
    if not request.drill:
        raise Refused("Only a drill has a surprise.")
    if request.surprise == ANY:
        fitting = [story for story in STORIES.values() if not story.misfit(page)]
        if not fitting:
            whys = "; ".join(f"{story.name}: {story.misfit(page)}" for story in STORIES.values())
            raise Refused(f"{page.name} can have no surprise. {whys}.")
        return secrets.choice(fitting)
    story = STORIES.get(request.surprise.lower())
    if story is None:
        raise Refused(f"There is no surprise “{request.surprise[:40]}”. Name one of {', '.join(STORIES)}, or none.")
    if why := story.misfit(page):
        raise Refused(f"{page.name} cannot have the surprise {story.name}: {why}.")
    return story


def surprise_facts(store: RecordStore, request: StartRequest, actor: Actor, at: datetime) -> tuple[Surprise, ...]:
    """The fact of a surprise that the request names; nothing without one. Raises BadRecord where the key is away."""
    if not request.surprise:
        return ()
    if not request.drill:
        raise Refused("Only a drill has a surprise.")
    store.make_key()
    if not (key := store.key):
        raise BadRecord("The record's key is not here, so no surprise can be kept secret. Start the drill without one.")
    return (Surprise(by=actor, at=at, sealed=seal(key, request.surprise)),)
