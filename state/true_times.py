"""True times: corrects the times of a run's record after the bot's clock has jumped.

The file holds each time as the clock showed it when it was written. A time that is read back is by the present clock,
so that its difference from now is the time that really passed. Only the store knows of jumps; every reader gets true
times.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from state.facts import Fact
from state.frozen import dataclass
from state.records import Attempt, Event, Position, Run

# the keys of `ClockJump.after`: which times of which rows are by the new clock
BEGAN, ENDED, FACTS, EVENTS = "began", "ended", "said", "told"


@dataclass(frozen=True, kw_only=True)
class ClockJump:
    """A jump of the clock by `by`. Everything with a number above `position` was written after it.

    `after` holds the exceptions at or below `position`: the numbers of rows whose times are by the new clock, or will
    be. Its keys are "began" and "ended" (attempts), "said" (facts) and "told" (events).
    """

    by: timedelta
    position: Position
    after: Mapping[str, frozenset[int]]


@dataclass(frozen=True, kw_only=True)
class WrittenRecord:
    """The rows of a run with their times as written, each with its number in the file, which grows."""

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
            ended=frozenset(number for number, attempt in self.attempts if attempt.ended_at),
        )


def find_jump(written: WrittenRecord, by: timedelta, now: datetime, since: Position) -> ClockJump:
    """The jump of a clock that was right at `since` and is found to be wrong by `by` at `now`.

    What was written between the two may be by either clock. It was written just now, so the clock by which its time is
    nearer to now counts.
    """

    def by_new_clock(at: datetime) -> bool:
        return abs(now - at) < abs(now - by - at)

    ended = {
        number
        for number, attempt in written.attempts
        if not attempt.ended_at or (number not in since.ended and by_new_clock(attempt.ended_at))
    }
    return ClockJump(
        by=by,
        position=written.position,
        after={
            BEGAN: frozenset(n for n, a in written.attempts if n > since.attempt and by_new_clock(a.began_at)),
            ENDED: frozenset(ended),
            FACTS: frozenset(n for n, fact in written.facts if n > since.fact and by_new_clock(fact.at)),
            EVENTS: frozenset(n for n, at in written.events if n > since.event and by_new_clock(at)),
        },
    )


def true_run(run: Run, jumps: Iterable[ClockJump]) -> Run:
    """A run with true times. Its end needs no correction: no jump is written after it."""
    return replace(run, began_at=run.began_at + _total(jumps))


def true_attempts(rows: Sequence[tuple[int, Attempt]], jumps: Sequence[ClockJump]) -> tuple[Attempt, ...]:
    """Attempts with true times, including the timestamps in their outcomes."""
    return tuple(_true_attempt(number, attempt, jumps) if jumps else attempt for number, attempt in rows)


def true_facts(rows: Sequence[tuple[int, Fact]], jumps: Sequence[ClockJump]) -> tuple[Fact, ...]:
    """Facts with true times."""
    return tuple(_true_fact(number, fact, jumps) if jumps else fact for number, fact in rows)


def true_event(event: Event, jumps: Sequence[ClockJump]) -> Event:
    """An event with its true time."""
    shift = _total(jump for jump in jumps if _by_old_clock(event.id, jump.position.event, jump, EVENTS))
    return replace(event, at=event.at + shift)


def _true_fact(number: int, fact: Fact, jumps: Sequence[ClockJump]) -> Fact:
    shift = _total(jump for jump in jumps if _by_old_clock(number, jump.position.fact, jump, FACTS))
    return replace(fact, at=fact.at + shift)


def _true_attempt(number: int, attempt: Attempt, jumps: Sequence[ClockJump]) -> Attempt:
    began = _total(jump for jump in jumps if _by_old_clock(number, jump.position.attempt, jump, BEGAN))
    ended = _total(jump for jump in jumps if _by_old_clock(number, jump.position.attempt, jump, ENDED))
    outcome = dict(attempt.outcome)
    if timestamps := outcome.get("timestamps"):
        outcome["timestamps"] = {
            name: (datetime.fromisoformat(at) + ended).isoformat() for name, at in timestamps.items()
        }
    return replace(
        attempt,
        began_at=attempt.began_at + began,
        ended_at=attempt.ended_at + ended if attempt.ended_at else None,
        outcome=outcome,
    )


def _by_old_clock(number: int, newest: int, jump: ClockJump, key: str) -> bool:
    """Whether the time of the row with this number is by the clock before a jump."""
    return number <= newest and number not in jump.after[key]


def _total(jumps: Iterable[ClockJump]) -> timedelta:
    return sum((jump.by for jump in jumps), timedelta(0))
