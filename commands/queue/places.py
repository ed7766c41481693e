"""The queue as people see it: each start with its place, its time and its question."""

from __future__ import annotations

from datetime import datetime

from commands.queue.entry import PATIENCE, earliest, in_order, open_question, planned_for
from commands.queue.target import busy_with, queue_of
from state.frozen import dataclass
from state.records import Run
from state.store import RecordStore


@dataclass(frozen=True, kw_only=True)
class QueuePlace:
    """A queued start: its place in the queue of its target, counted from 1, and how many wait there.

    `planned` is its time, `earliest` when people are asked at the earliest (both None: as soon as it is its turn), and
    `asked_until` when its open question ends. `busy` is the active run of the target, or 0. Times are in UTC.
    """

    run: Run
    place: int
    of: int
    planned: datetime | None = None
    earliest: datetime | None = None
    asked_until: datetime | None = None
    busy: int = 0


def queue_places(store: RecordStore, target: str) -> tuple[QueuePlace, ...]:
    """The queue of a target, first the one whose turn is next."""
    waiting = in_order(queue_of(store, target))
    busy = busy_with(store, target) if waiting else 0
    return tuple(
        QueuePlace(
            run=record.run,
            place=place,
            of=len(waiting),
            planned=planned_for(record),
            earliest=earliest(record),
            asked_until=asked.at + PATIENCE if (asked := open_question(record)) else None,
            busy=busy,
        )
        for place, record in enumerate(waiting, start=1)
    )


def all_places(store: RecordStore) -> tuple[QueuePlace, ...]:
    """The queues of all targets."""
    targets = dict.fromkeys(run.target for run in store.queued())
    return tuple(place for target in targets for place in queue_places(store, target))
