"""Decides what is next in the queue of one target: a pure function of record and time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from commands.queue.entry import PATIENCE, earliest, in_order, open_question, questions
from state.frozen import dataclass
from state.records import Record


@dataclass(frozen=True, kw_only=True)
class AskStart:
    """Ask people whether this start begins now; `number` counts its questions from 1."""

    start: int
    number: int


@dataclass(frozen=True, kw_only=True)
class TakeBack:
    """Take the question about this start back: run `busy` has begun meanwhile."""

    start: int
    number: int
    busy: int


@dataclass(frozen=True, kw_only=True)
class StepAside:
    """Drop this start: nobody answered its question in time."""

    start: int
    number: int


QueueInstruction = AskStart | TakeBack | StepAside


def next_in_queue(queue: Sequence[Record], busy: int, now: datetime) -> QueueInstruction | None:
    """What to do about the starts that wait for one target, of which run `busy` is active (0: it is free).

    A start never begins by itself: people are asked about the first one whose time is there, one at a time.
    """
    waiting = in_order(queue)
    for record in waiting:
        if asked := open_question(record):
            if busy:
                return TakeBack(start=record.run.id, number=asked.number, busy=busy)
            return StepAside(start=record.run.id, number=asked.number) if now - asked.at >= PATIENCE else None
    if busy:
        return None
    ready = (record for record in waiting if (at := earliest(record)) is None or at <= now)
    first = next(ready, None)
    return AskStart(start=first.run.id, number=questions(first) + 1) if first else None
