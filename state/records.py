"""A run as plain frozen values: its state, the attempts at its steps, what was said, and the one table of legal moves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from functools import cached_property
from typing import Any, TypeVar

from state.events import EventData
from state.facts import Fact, Keep, RollbackRequest

F = TypeVar("F", bound=Fact)


class RunState(StrEnum):
    """The states of a run."""

    GOING = "going"
    ROLLING_BACK = "rolling back"
    KEPT = "kept"
    ROLLED_BACK = "rolled back"
    ABORTED = "aborted"
    ENDED = "ended by hand"


class AttemptState(StrEnum):
    """The states of an attempt at a step."""

    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    UNKNOWN = "unknown"
    STOPPED = "stopped"


ACTIVE = (RunState.GOING, RunState.ROLLING_BACK)

# The table of legal moves: from -> to. The store refuses every other one.
RUN_MOVES: dict[RunState, tuple[RunState, ...]] = {
    RunState.GOING: (RunState.ROLLING_BACK, RunState.KEPT, RunState.ABORTED, RunState.ENDED),
    RunState.ROLLING_BACK: (RunState.ROLLED_BACK, RunState.ENDED),
    RunState.KEPT: (),
    RunState.ROLLED_BACK: (),
    RunState.ABORTED: (),
    RunState.ENDED: (),
}
ATTEMPT_MOVES: dict[AttemptState, tuple[AttemptState, ...]] = {
    AttemptState.RUNNING: (AttemptState.DONE, AttemptState.FAILED, AttemptState.UNKNOWN, AttemptState.STOPPED),
    AttemptState.UNKNOWN: (AttemptState.DONE, AttemptState.FAILED),
    AttemptState.DONE: (),
    AttemptState.FAILED: (),
    AttemptState.STOPPED: (),
}


@dataclass(frozen=True, kw_only=True)
class Run:
    """One deploy of one target, with its own copy of the page it began with.

    `key` is the run's name on hosts and in databases, which no run of another record has: they all count from 1.
    `speed` divides the waiting times of the watch and is 1 except in a rehearsal; `notice_minutes` is how long the team is told
    before it begins; `rollback_loss` is what a rollback would lose, as it was last asked. Times are in UTC.
    """

    id: int
    key: str
    target: str
    page: str
    text: str
    ref: str
    note: str
    starter: str
    channel: str
    speed: float
    notice_minutes: int
    state: RunState
    began_at: datetime
    ended_at: datetime | None
    rollback_loss: str = ""

    @property
    def active(self) -> bool:
        """Whether the run still holds its target."""
        return self.state in ACTIVE


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """One attempt at one step; the row is written `running` before anything is done. `progress` is its newest output till then.

    `written_at` is when it began as it was written then, in ISO 8601: what is named by it must not change with the clock.
    """

    step: str
    attempt: int
    state: AttemptState
    began_at: datetime
    ended_at: datetime | None = None
    summary: str = ""
    outcome: dict[str, Any] = field(default_factory=dict)
    progress: str = ""
    written_at: str = ""

    @property
    def stamp(self) -> str:
        """When it began as it was written then, for names on hosts."""
        return f"{datetime.fromisoformat(self.written_at).astimezone(UTC):%Y%m%dT%H%M%SZ}" if self.written_at else ""

    @property
    def at(self) -> datetime:
        """When it ended; while it runs, when it began."""
        return self.ended_at or self.began_at

    @property
    def values(self) -> dict[str, str]:
        """What the step found out for later steps, by name; moments in ISO 8601."""
        return {**self.outcome.get("values", {}), **self.outcome.get("timestamps", {})}

    @property
    def measures(self) -> dict[str, float]:
        """What the step measured, by name."""
        return dict(self.outcome.get("measures", {}))

    @property
    def inconclusive(self) -> bool:
        """Whether nothing was learned, because whom it asks could not be reached or its answer tells nothing."""
        return self.state == AttemptState.UNKNOWN or bool(self.outcome.get("inconclusive"))


@dataclass(frozen=True, kw_only=True)
class Event:
    """Something to be told; `hash` covers the content and `before`, the hash of the event before it."""

    id: int
    run: int
    at: datetime
    step: str
    data: EventData
    before: str
    hash: str


@dataclass(frozen=True, kw_only=True)
class NewEvent:
    """An event about to be written. An event with a `once` that the run already has is not written again."""

    data: EventData
    step: str = ""
    once: str | None = None


@dataclass(frozen=True, kw_only=True)
class Position:
    """How far a run's record was written when it was read: its newest attempt, fact and event, and the attempts that had ended."""

    attempt: int = 0
    fact: int = 0
    event: int = 0
    ended: frozenset[int] = frozenset()


@dataclass(frozen=True, kw_only=True)
class Record:
    """All that decides what happens next in a run. Its times are by the clock as it goes now, whatever it jumped meanwhile."""

    run: Run
    attempts: tuple[Attempt, ...]
    facts: tuple[Fact, ...]
    position: Position = Position()

    def last(self, step: str) -> Attempt | None:
        """The newest attempt at a step, or None if it never began."""
        return next((row for row in reversed(self.attempts) if row.step == step), None)

    def newest(self, kind: type[F], **about: object) -> F | None:
        """The newest fact of a kind whose fields are as given, or None."""
        return next(
            (
                fact
                for fact in reversed(self.facts)
                if type(fact) is kind and all(getattr(fact, name) == value for name, value in about.items())
            ),
            None,
        )

    @cached_property
    def rollback(self) -> RollbackRequest | None:
        """Who asked for the rollback, or None."""
        return self.newest(RollbackRequest)

    @cached_property
    def keep(self) -> Keep | None:
        """Who decided KEEP, or None."""
        return self.newest(Keep)

    def values(self) -> dict[str, str]:
        """Everything the steps found out, later ones over earlier ones."""
        found: dict[str, str] = {}
        for row in self.attempts:
            if row.state == AttemptState.DONE:
                found.update(row.values)
        return found


# whether something may still be written, asked of the record within the very transaction that writes it
Condition = Callable[[Record], bool]
