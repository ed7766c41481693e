"""What a button or a command does to a queued start, and the reply to its person."""

from __future__ import annotations

import re
from collections.abc import Callable
from zoneinfo import ZoneInfo

from bot.doors.deps import Deps
from bot.doors.press import Press
from commands.queue.acts import NewPlace, drop, move, put_off, queue_start, start_now
from commands.run.engine import page_of
from commands.start.request import StartRequest, find_page
from commands.text.moments import read_moment
from state.errors import NeedsReason, NothingRuns, Refused
from state.facts import Actor
from state.frozen import dataclass
from state.records import Run

START_QUEUED = "start_queued"  # the button that lets a queued start begin
USAGE = (
    "Type /deploy queue, /deploy queue drop NUMBER [WHY], /deploy queue move NUMBER PLACE WHY, "
    "or /deploy queue start NUMBER [because WHY]."
)

_DROP = re.compile(r"drop\s+(\d{1,9})(?:\s+(.*))?", re.ASCII | re.IGNORECASE | re.DOTALL)
_START = re.compile(r"start\s+(\d{1,9})(?:\s+because\s+(.+))?", re.ASCII | re.IGNORECASE | re.DOTALL)
_MOVE = re.compile(r"move\s+(\d{1,9})\s+(\d{1,3})(?:\s+(.*))?", re.ASCII | re.IGNORECASE | re.DOTALL)


@dataclass(frozen=True, kw_only=True)
class QueueOrder:
    """What somebody typed about a queued start: drop it, move it to a place, or start it now."""

    action: str
    number: int
    place: int = 0
    reason: str = ""


def read_order(text: str) -> QueueOrder | None:
    """Read what follows `/deploy queue`; None for nothing, which only lists. Raises Refused."""
    if not text.strip():
        return None
    if dropped := _DROP.fullmatch(text.strip()):
        return QueueOrder(action="drop", number=int(dropped[1]), reason=dropped[2] or "")
    if moved := _MOVE.fullmatch(text.strip()):
        return QueueOrder(action="reorder", number=int(moved[1]), place=int(moved[2]), reason=moved[3] or "")
    if started := _START.fullmatch(text.strip()):
        return QueueOrder(action=START_QUEUED, number=int(started[1]), reason=started[2] or "")
    raise Refused(f"“{' '.join(text.split())[:60]}” is not known. {USAGE}")


def queued_run(deps: Deps, number: int) -> Run:
    """A queued start by its number. Raises NothingRuns for a number of none."""
    try:
        run = deps.store.run(number)
    except KeyError:
        run = None
    if run is None or not run.of_queue:
        raise NothingRuns(f"{number} is no queued start. `/deploy queue` lists them.")
    return run


def carry_out(deps: Deps, order: QueueOrder, actor: Actor) -> str:
    """Drop, move or start a queued start; returns the reply. Raises Refused, and NeedsReason."""
    run = queued_run(deps, order.number)
    if order.action == "drop":
        first = drop(deps.store, run, actor, order.reason, deps.now())
        return f"Queued start {run.id} is dropped." if first else f"Queued start {run.id} is dropped already."
    if order.action == START_QUEUED:
        started = start_now(deps.starter, run, actor, order.reason).run
        return f"Run {started.id} of {started.page} has started."
    page = page_of(run)
    to = NewPlace(place=order.place, reason=order.reason)
    place = move(deps.store, run, page, deps.people(page), actor, to, deps.now())
    return f"Queued start {run.id} has place {place} now."


def queue(deps: Deps, request: StartRequest, actor: Actor) -> Run:
    """Queue a start: for the time that it names, or until its target is free. Raises Refused."""
    if not request.at:
        return queue_start(deps.starter, request, actor)
    page = find_page(deps.pages(), request.page)
    moment = read_moment(request.at, ZoneInfo(page.runbook.time_zone), deps.now())
    if moment.rest:
        raise Refused(f"“{moment.rest[:60]}” stands after the time. Write only the time there.")
    return queue_start(deps.starter, request, actor, moment.at)


def _start(deps: Deps, run: Run, pressed: Press) -> str:
    try:
        return carry_out(deps, QueueOrder(action=START_QUEUED, number=run.id), pressed.actor)
    except NeedsReason as error:
        raise Refused(f"{error}\n`/deploy queue start {run.id} because WHY`") from None


def _put_off(deps: Deps, run: Run, pressed: Press) -> str:
    page = page_of(run)
    first = put_off(deps.store, run, page, deps.people(page), pressed.actor, deps.now())
    return "You are asked again in 15 minutes." if first else "Nobody is asked about this start now."


def _drop(deps: Deps, run: Run, pressed: Press) -> str:
    return carry_out(deps, QueueOrder(action="drop", number=run.id, reason=pressed.reason), pressed.actor)


QUEUE_ACTIONS: dict[str, Callable[[Deps, Run, Press], str]] = {
    START_QUEUED: _start,
    "put_off": _put_off,
    "drop": _drop,
}
