"""A drill that starts: who may, and where its places come from."""

from __future__ import annotations

from dataclasses import replace

from commands.progress.step_state import AFTER_ROLLBACK
from commands.runbook.drill import OF_A_DRILL, box_of
from commands.runbook.page import Page
from commands.runbook.people import People
from commands.start.request import StartRequest, require_may_start, require_valid_request
from commands.start.surprise import surprise_for
from state.errors import AlreadyRunning
from state.facts import Actor
from state.records import Drill
from state.store import RecordStore


def of_drill(request: StartRequest, drill: Page) -> StartRequest:
    """The request, with what its drill is played on."""
    return replace(request, drill=Drill.BOX if box_of(drill) else Drill.PLACES)


def require_may_drill(store: RecordStore, page: Page, request: StartRequest, actor: Actor, people: People) -> None:
    """Raise whatever refuses a drill at once: its places may have to be started first, which takes a minute."""
    require_valid_request(page, request, people)
    require_may_start(page, actor, people)
    surprise_for(page, request)
    active = store.active_run(page.runbook.target + OF_A_DRILL)
    if active and not store.record(active.id).last(AFTER_ROLLBACK):  # what is only watched still ends with the start
        why = f"A drill of {page.runbook.target} is active: run {active.id}. There is one at a time."
        raise AlreadyRunning(why, active.id)
