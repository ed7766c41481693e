"""A run as plain frozen values: its state, attempts, facts and events, and the legal moves."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Container
from dataclasses import field
from datetime import UTC, datetime
from enum import StrEnum
from functools import cached_property
from typing import Any, TypeVar

from state.events import EventData
from state.facts import Actor, Door, Fact, Keep, Lapsed, RollbackRequest
from state.frozen import dataclass

F = TypeVar("F", bound=Fact)
NO_TIME = datetime.fromtimestamp(0, UTC)  # when a run began whose row is damaged
_COMMIT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")


class RunState(StrEnum):
    """The states of a run."""

    GOING = "going"
    ROLLING_BACK = "rolling back"
    KEPT = "kept"
    ROLLED_BACK = "rolled back"
    ABORTED = "aborted"
    ENDED = "ended by hand"
    QUEUED = "queued"
    STARTED = "started"
    DROPPED = "dropped"


class Drill(StrEnum):
    """On what a drill is played: the places of the page's `[drill]` table, or a target that the bot starts for it."""

    PLACES = "places"
    BOX = "box"


class AttemptState(StrEnum):
    """The states of an attempt."""

    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    UNKNOWN = "unknown"
    STOPPED = "stopped"


ACTIVE = (RunState.GOING, RunState.ROLLING_BACK)
# the states of a start that waits in the queue of its target or for its time; it becomes a run of its own number
OF_QUEUE = (RunState.QUEUED, RunState.STARTED, RunState.DROPPED)

# The tables of legal moves: from -> to. The store refuses every other move.
RUN_MOVES: dict[RunState, tuple[RunState, ...]] = {
    RunState.GOING: (RunState.ROLLING_BACK, RunState.KEPT, RunState.ABORTED, RunState.ENDED),
    RunState.ROLLING_BACK: (RunState.ROLLED_BACK, RunState.ENDED),
    RunState.KEPT: (),
    RunState.ROLLED_BACK: (),
    RunState.ABORTED: (),
    RunState.ENDED: (),
    RunState.QUEUED: (RunState.STARTED, RunState.DROPPED),
    RunState.STARTED: (),
    RunState.DROPPED: (),
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
    """One deploy of one target. `text` is its own copy of the runbook page, taken at the start.

    `key` names the run on hosts and in databases. `id` would not do: the runs of every record count from 1.
    `speed` divides the waiting times of the watch; it is 1 except in a rehearsal. `notice_minutes` is how long the
    team is warned before the deploy begins. `rollback_loss` is what a rollback would lose, by the last query.
    `starter_account` is the starter's `Actor.account`: empty for a start in Slack.
    `places` are fingerprints of the addresses behind the page's places when the run started, by name: no address and
    no secret can be read from them. Empty if an earlier version started the run. `ref_name` is what the run whose KEEP
    started this one called its commit; otherwise empty. `drill` says on what a drill is played (see `Drill`), and is
    empty for every other run. Times are in UTC.
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
    starter_account: str = ""
    places: tuple[tuple[str, str], ...] = ()
    ref_name: str = ""
    drill: str = ""

    @property
    def release(self) -> str:
        """What it deploys, for people: its ref, with the first ten digits of a commit id."""
        short = self.ref[:10] if _COMMIT.fullmatch(self.ref) else self.ref
        return f"{self.ref_name} ({short})" if self.ref_name else short

    @property
    def started_by(self) -> Actor:
        """The starter, as somebody who acts."""
        door = Door.TERMINAL if self.starter_account else Door.SLACK
        return Actor(person=self.starter, door=door, account=self.starter_account)

    @property
    def active(self) -> bool:
        """Whether the run is not over yet; while it is active, its target takes no other run."""
        return self.state in ACTIVE

    @property
    def how_over(self) -> str:
        """Its state for people, once it is over. A drill may have ended with its target, and not by hand."""
        return "ended" if self.drill and self.state == RunState.ENDED else str(self.state)

    @property
    def of_queue(self) -> bool:
        """Whether it is no run but a queued start: one that waits, or that was started or dropped."""
        return self.state in OF_QUEUE


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Attempt:
    """One attempt at one step. It is stored as `running` before anything is done.

    `progress` is the newest output of a running attempt. `written_at` is its start in ISO 8601, exactly as stored:
    names made from it must not change when the clock jumps.
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
        """Its start exactly as stored, for names on hosts: 20261123T120000Z."""
        return f"{datetime.fromisoformat(self.written_at).astimezone(UTC):%Y%m%dT%H%M%SZ}" if self.written_at else ""

    @property
    def at(self) -> datetime:
        """When it ended; its start while it is running."""
        return self.ended_at or self.began_at

    @property
    def values(self) -> dict[str, str]:
        """The values it gives to later steps, by name; timestamps in ISO 8601."""
        return {**self.outcome.get("values", {}), **self.outcome.get("timestamps", {})}

    @property
    def evidence(self) -> dict[str, str]:
        """What its result stands for: name and value, in order."""
        return dict(self.outcome.get("evidence", {}))

    @property
    def changed(self) -> dict[str, str]:
        """If it checked evidence: the steps whose results have changed, by id, with a sentence each."""
        return dict(self.outcome.get("changed", {}))

    @property
    def is_repeat(self) -> bool:
        """Whether it only asks again for signatures, with the result of the attempt before it."""
        return bool(self.outcome.get("fell"))

    @property
    def measures(self) -> dict[str, float]:
        """What it measured, by name."""
        return dict(self.outcome.get("measures", {}))

    @property
    def compared(self) -> tuple[str, ...]:
        """What it looked at on what serves, and found as it should be, in a few words each."""
        return tuple(self.outcome.get("compared", ()))

    @property
    def alerts(self) -> tuple[str, ...] | None:
        """If it is a sample of the watch: the alerts for which people are called because of it. None if not counted."""
        alerts = self.outcome.get("alerts")
        return None if alerts is None else tuple(alerts)

    @property
    def loss(self) -> dict[str, Any]:
        """What was counted around it of what a rollback loses."""
        return dict(self.outcome.get("loss", {}))

    @property
    def missing(self) -> tuple[str, ...]:
        """After a rollback, what is not as before, one sentence each."""
        return tuple(self.outcome.get("missing", ()))

    @property
    def not_compared(self) -> tuple[str, ...]:
        """After a rollback, what could not be looked at, and why."""
        return tuple(self.outcome.get("not_compared", ()))

    @property
    def applied_nothing(self) -> bool:
        """Whether it succeeded, and found nothing to apply."""
        return self.state == AttemptState.DONE and bool(self.outcome.get("applied_nothing"))

    @property
    def inconclusive(self) -> bool:
        """Whether it learned nothing: the other side was unreachable, or its answer says nothing."""
        return self.state == AttemptState.UNKNOWN or bool(self.outcome.get("inconclusive"))


@dataclass(frozen=True, kw_only=True)
class Event:
    """A stored event. `entry` is the number of its entry in the run's journal, and `hash` covers the journal up to it.

    Both are empty where the journal does not cover it.
    """

    id: int
    run: int
    at: datetime
    step: str
    data: EventData
    entry: int = 0
    hash: str = ""


@dataclass(frozen=True, kw_only=True)
class NewEvent:
    """An event to be stored. If the run already has an event with the same `once`, it is not stored again."""

    data: EventData
    step: str = ""
    once: str | None = None


@dataclass(frozen=True, kw_only=True)
class Position:
    """How far a run's record had been written when it was read.

    These are the numbers of its newest attempt, fact and event, and of the attempts that had ended.
    """

    attempt: int = 0
    fact: int = 0
    event: int = 0
    ended: frozenset[int] = frozenset()


@dataclass(frozen=True, kw_only=True)
class Record:
    """Everything that decides what happens next in a run.

    All its times are true times: corrected for every jump of the clock (see `state.true_times`).
    """

    run: Run
    attempts: tuple[Attempt, ...]
    facts: tuple[Fact, ...]
    position: Position = Position()

    def last(self, step: str) -> Attempt | None:
        """The newest attempt at a step, or None if the step never began."""
        return next((attempt for attempt in reversed(self.attempts) if attempt.step == step), None)

    def newest(self, kind: type[F], **fields: object) -> F | None:
        """The newest fact of a kind with these fields that still counts, or None."""
        return next(
            (
                fact
                for fact in reversed(self.facts)
                if type(fact) is kind and all(getattr(fact, name) == value for name, value in fields.items())
                if fact.key not in self.lapsed
            ),
            None,
        )

    @cached_property
    def lapsed(self) -> frozenset[str]:
        """The keys of the facts that no longer count."""
        return frozenset(fact.of for fact in self.facts if isinstance(fact, Lapsed))

    def lapses(self, step: str, attempt: int) -> int:
        """How many requests for a second person about an attempt have lapsed."""
        about = (step, attempt)
        return sum(isinstance(fact, Lapsed) and (fact.step, fact.attempt) == about for fact in self.facts)

    @cached_property
    def rollback(self) -> RollbackRequest | None:
        """The rollback request, or None."""
        return self.newest(RollbackRequest)

    @cached_property
    def keep(self) -> Keep | None:
        """The KEEP decision, or None."""
        return self.newest(Keep)

    def values(self, without: Container[str] = ()) -> dict[str, str]:
        """The values of all successful attempts by name; a later attempt overrides an earlier one.

        `without` holds the ids of steps whose values do not count.
        """
        values: dict[str, str] = {}
        for attempt in self.attempts:
            if attempt.state == AttemptState.DONE and attempt.step not in without:
                values.update(attempt.values)
        return values


# whether something may be written, by the record as it is in the transaction that writes it
Condition = Callable[[Record], bool]
