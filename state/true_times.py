"""True times: what a jump of the bot's clock does to a run's record, so that nobody who reads it needs to know of the jump.

A record holds each time as the clock showed it then. Read back, every time is by the clock as it goes now: from it until now
is the time that really passed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from state.facts import Fact
from state.records import Attempt, Event, Position, Run

BEGAN, ENDED, SAID, TOLD = "began", "ended", "said", "told"


@dataclass(frozen=True, kw_only=True)
class ClockJump:
    """By how much the clock jumped. What has a larger number than `position` was written after it.

    `after` are the numbers of what stands before it in the record and has its time by the new clock all the same, or will
    have it: under "began" and "ended" attempts, under "said" facts, under "told" events.
    """

    by: timedelta
    position: Position
    after: Mapping[str, frozenset[int]]


@dataclass(frozen=True, kw_only=True)
class Numbered:
    """What a run's record holds, each with its number in the file: the order in which it was written."""

    attempts: Sequence[tuple[int, Attempt]]
    facts: Sequence[tuple[int, Fact]]
    events: Sequence[tuple[int, datetime]] = ()

    @property
    def position(self) -> Position:
        """How far it is written."""
        return Position(
            attempt=max((number for number, _ in self.attempts), default=0),
            fact=max((number for number, _ in self.facts), default=0),
            event=max((number for number, _ in self.events), default=0),
            ended=frozenset(number for number, row in self.attempts if row.ended_at),
        )


def jump_of(rows: Numbered, by: timedelta, now: datetime, since: Position) -> ClockJump:
    """The jump that is found now, with the times as they were written. At `since` the clock was last seen to be right.

    What was written after that is of just now, by the one clock or by the other: its time counts by the nearer one.
    """

    def new(at: datetime) -> bool:
        return abs(now - at) < abs(now - by - at)

    ended = {
        number for number, row in rows.attempts if not row.ended_at or (number not in since.ended and new(row.ended_at))
    }
    return ClockJump(
        by=by,
        position=rows.position,
        after={
            BEGAN: frozenset(n for n, row in rows.attempts if n > since.attempt and new(row.began_at)),
            ENDED: frozenset(ended),
            SAID: frozenset(n for n, fact in rows.facts if n > since.fact and new(fact.at)),
            TOLD: frozenset(n for n, at in rows.events if n > since.event and new(at)),
        },
    )


def true_run(run: Run, jumps: Iterable[ClockJump]) -> Run:
    """A run with true times; nothing jumps after its end."""
    return replace(run, began_at=run.began_at + sum((jump.by for jump in jumps), timedelta(0)))


def true_attempts(rows: Sequence[tuple[int, Attempt]], jumps: Sequence[ClockJump]) -> tuple[Attempt, ...]:
    """Attempts with true times, those in their outcomes as well."""
    return tuple(_true_attempt(number, row, jumps) if jumps else row for number, row in rows)


def true_facts(rows: Sequence[tuple[int, Fact]], jumps: Sequence[ClockJump]) -> tuple[Fact, ...]:
    """Facts with true times."""
    return tuple(_true_fact(number, fact, jumps) if jumps else fact for number, fact in rows)


def _true_fact(number: int, fact: Fact, jumps: Sequence[ClockJump]) -> Fact:
    shift = _shift(jump for jump in jumps if _before(number, jump.position.fact, jump, SAID))
    return replace(fact, at=fact.at + shift)


def true_event(event: Event, jumps: Sequence[ClockJump]) -> Event:
    """An event with its true time."""
    shift = _shift(jump for jump in jumps if _before(event.id, jump.position.event, jump, TOLD))
    return replace(event, at=event.at + shift)


def _true_attempt(number: int, row: Attempt, jumps: Sequence[ClockJump]) -> Attempt:
    began = _shift(jump for jump in jumps if _before(number, jump.position.attempt, jump, BEGAN))
    ended = _shift(jump for jump in jumps if _before(number, jump.position.attempt, jump, ENDED))
    outcome = dict(row.outcome)
    if moments := outcome.get("timestamps"):
        outcome["timestamps"] = {name: (datetime.fromisoformat(at) + ended).isoformat() for name, at in moments.items()}
    return replace(
        row,
        began_at=row.began_at + began,
        ended_at=row.ended_at + ended if row.ended_at else None,
        outcome=outcome,
    )


def _before(number: int, newest: int, jump: ClockJump, what: str) -> bool:
    """Whether what has this number was written by the clock before a jump."""
    return number <= newest and number not in jump.after[what]


def _shift(jumps: Iterable[ClockJump]) -> timedelta:
    return sum((jump.by for jump in jumps), timedelta(0))
