"""Pure questions about a queued start: its time, its place, its open question."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from state.errors import Refused
from state.facts import Planned, PutOff, QueueMove, StartQuestion
from state.records import Record

PATIENCE = timedelta(minutes=15)  # how long a question waits, and how much later “later” is


def planned_for(record: Record) -> datetime | None:
    """The time for which it is planned, in UTC; None: as soon as it is its turn."""
    planned = record.newest(Planned)
    return datetime.fromisoformat(planned.planned) if planned and planned.planned else None


def earliest(record: Record) -> datetime | None:
    """When people may be asked about it at the earliest; None: at once."""
    later = record.newest(PutOff)
    return datetime.fromisoformat(later.until) if later else planned_for(record)


def open_question(record: Record) -> StartQuestion | None:
    """The question that waits for an answer now, or None."""
    asked = record.newest(StartQuestion)
    return asked if asked and not record.newest(PutOff, number=asked.number) else None


def questions(record: Record) -> int:
    """How many questions were asked about it."""
    return sum(isinstance(fact, StartQuestion) for fact in record.facts)


def rank(record: Record) -> float:
    """By what the queue is ordered: its number, until somebody moves it."""
    moved = record.newest(QueueMove)
    return moved.rank if moved else float(record.run.id)


def in_order(queue: Iterable[Record]) -> list[Record]:
    """The starts of one target in the order of their queue."""
    return sorted(queue, key=lambda record: (rank(record), record.run.id))


def rank_at(queue: Iterable[Record], start: Record, place: int) -> tuple[float, int]:
    """The rank that puts a start at a place of its queue, counted from 1, and the place that it gets.

    Raises Refused after some fifty moves to one place, when no number is left between those of its neighbours.
    """
    others = [rank(record) for record in in_order(queue) if record.run.id != start.run.id]
    place = max(1, min(place, len(others) + 1))
    before = others[place - 2] if place > 1 else None
    after = others[place - 1] if place <= len(others) else None
    if before is None:
        return (rank(start) if after is None else after - 1), place
    if after is None:
        return before + 1, place
    if (middle := (before + after) / 2) in {before, after}:
        raise Refused(f"Starts were moved to place {place} too often. Choose another place.")
    return middle, place
