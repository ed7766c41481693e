"""`gonogo queue`: the queued starts at the terminal, listed, dropped, moved and started."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterator

from bot.doors.deps import Deps
from bot.doors.queue_actions import START_QUEUED, QueueOrder
from bot.text import on_one_line
from commands.queue.places import QueuePlace, all_places
from commands.run.engine import zone_of
from commands.text.actors import actor_in_words
from state.errors import Refused
from state.records import Run


def queue_lines(deps: Deps, target: str = "") -> Iterator[str]:
    """The queues of all targets, or of one: one start a line."""
    for one in all_places(deps.store):
        if target in {"", one.run.target}:
            yield on_one_line(_line(one))


def order_of(options: Namespace) -> QueueOrder:
    """What the options say about a queued start. Raises Refused."""
    if not options.start:
        raise Refused(f"Say which start: gonogo queue {options.action} NUMBER. `gonogo queue` lists them.")
    if options.action == "move" and not options.place:
        raise Refused("Say where to: gonogo queue move NUMBER PLACE --reason WHY. Places count from 1.")
    action = {"move": "reorder", "start": START_QUEUED}.get(options.action, options.action)
    return QueueOrder(action=action, number=options.start, place=options.place, reason=options.reason)


def queued_text(run: Run) -> str:
    """What to print to somebody who has queued a start."""
    return f"{run.page} is queued as start {run.id}. It never begins by itself: people are asked in the channel."


def _line(one: QueuePlace) -> str:
    run, zone = one.run, zone_of(one.run)
    when = f"at {one.earliest.astimezone(zone):%Y-%m-%d %H:%M} {zone.key}" if one.earliest else ""
    when = "people are asked now" if one.asked_until else when or (f"behind run {one.busy}" if one.busy else "is next")
    by = actor_in_words(run.started_by)
    return f"{run.target}: {one.place}. start {run.id}: {run.page} {run.release}, {when}, by {by}"
