"""The records of a run as plain frozen values, and the one table of legal moves for runs and steps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

GOING, ROLLING_BACK = "going", "rolling back"
KEPT, ROLLED_BACK, ABORTED, ENDED = "kept", "rolled back", "aborted", "ended by hand"
ACTIVE = (GOING, ROLLING_BACK)

RUNNING, DONE, FAILED, UNKNOWN, STOPPED = "running", "done", "failed", "unknown", "stopped"

# The table of legal moves: from -> to. The store refuses every other one.
RUN_MOVES: dict[str, tuple[str, ...]] = {
    GOING: (ROLLING_BACK, KEPT, ABORTED, ENDED),
    ROLLING_BACK: (ROLLED_BACK, ENDED),
    KEPT: (),
    ROLLED_BACK: (),
    ABORTED: (),
    ENDED: (),
}
STEP_MOVES: dict[str, tuple[str, ...]] = {
    RUNNING: (DONE, FAILED, UNKNOWN, STOPPED),
    UNKNOWN: (DONE, FAILED),
    DONE: (),
    FAILED: (),
    STOPPED: (),
}


@dataclass(frozen=True, kw_only=True)
class Run:
    """One deploy of one target, with its own copy of the page it began with.

    `speed` divides the waiting times of the watch and is 1 except in a rehearsal; `countdown` is in minutes. Times are in UTC.
    """

    id: int
    target: str
    page: str
    text: str
    ref: str
    note: str
    starter: str
    channel: str
    speed: float
    countdown: int
    state: str
    began_at: datetime
    ended_at: datetime | None
    loses: str = ""

    @property
    def key(self) -> str:
        """The run's name on hosts and in databases, which no run of another record has: they all count from 1."""
        return f"run-{self.id}-{self.began_at.astimezone(UTC):%Y%m%dT%H%M%S%f}"

    @property
    def active(self) -> bool:
        """Whether the run still holds its target."""
        return self.state in ACTIVE


@dataclass(frozen=True, kw_only=True)
class Step:
    """One attempt at one step; the row is written `running` before anything is done. `progress` is its newest output till then."""

    step: str
    attempt: int
    state: str
    began_at: datetime
    ended_at: datetime | None = None
    says: str = ""
    outcome: dict[str, Any] = field(default_factory=dict)
    progress: str = ""

    @property
    def at(self) -> datetime:
        """When it ended; while it runs, when it began."""
        return self.ended_at or self.began_at

    @property
    def values(self) -> dict[str, str]:
        """What the step found out for later steps, by name."""
        return dict(self.outcome.get("values", {}))

    @property
    def measures(self) -> dict[str, float]:
        """What the step measured, by name."""
        return dict(self.outcome.get("measures", {}))

    @property
    def unasked(self) -> bool:
        """Whether nothing was learned, because whom it asks could not be reached or its answer tells nothing."""
        return self.state == UNKNOWN or bool(self.outcome.get("unasked"))


@dataclass(frozen=True, kw_only=True)
class Fact:
    """What a person (or the bot on an alert) said. `once` makes a second click the same click."""

    kind: str
    once: str
    person: str
    via: str
    at: datetime
    step: str = ""
    attempt: int = 0
    role: str = ""
    said: str = ""
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class Event:
    """Something to be told; `hash` covers the content and `before`, the hash of the event before it."""

    id: int
    run: int
    at: datetime
    kind: str
    step: str
    data: dict[str, Any]
    before: str
    hash: str


@dataclass(frozen=True, kw_only=True)
class News:
    """An event about to be written. An event with a `once` that the run already has is not written again."""

    kind: str
    step: str = ""
    data: dict[str, Any] = field(default_factory=dict)
    once: str | None = None


@dataclass(frozen=True, kw_only=True)
class Record:
    """All that decides what happens next in a run."""

    run: Run
    steps: tuple[Step, ...]
    facts: tuple[Fact, ...]

    @cached_property
    def _places(self) -> dict[tuple[str, int], int]:
        return {(row.step, row.attempt): place for place, row in enumerate(self.steps)}

    def place(self, row: Step) -> int:
        """Where an attempt stands among all of the run; behind the last where it is not one of them."""
        return self._places.get((row.step, row.attempt), len(self.steps))

    def last(self, step: str) -> Step | None:
        """The newest attempt at a step, or None if it never began."""
        found = [row for row in self.steps if row.step == step]
        return found[-1] if found else None

    def fact(self, kind: str, step: str = "", attempt: int = 0) -> Fact | None:
        """The newest fact of a kind about an attempt, or None."""
        found = [f for f in self.facts if (f.kind, f.step, f.attempt) == (kind, step, attempt)]
        return found[-1] if found else None

    def values(self) -> dict[str, str]:
        """Everything the steps found out, later ones over earlier ones."""
        found: dict[str, str] = {}
        for row in self.steps:
            if row.state == DONE:
                found.update(row.values)
        return found


# whether something may still be written, asked of the record within the very transaction that writes it
Provided = Callable[[Record], bool]
