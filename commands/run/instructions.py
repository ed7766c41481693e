"""What a run is told to do next: what `decide` says and the runner carries out."""

from __future__ import annotations

from datetime import datetime

from commands.runbook.page import PageStep
from commands.watch.countdown import CancelCountdown, CountdownExpired, StartCountdown
from state.frozen import dataclass
from state.records import Record, RunState


@dataclass(frozen=True)
class BeginStep:
    """Begin this attempt at a step."""

    step: PageStep
    attempt: int


@dataclass(frozen=True)
class CheckEvidence:
    """Check again what people signed for, as this attempt."""

    attempt: int


@dataclass(frozen=True)
class CompareWithBackup:
    """Compare production with the run's backups, at the end of a rollback."""


@dataclass(frozen=True)
class AskAgain:
    """Ask again for the signatures of these steps, by id; each with the reasons why they no longer hold."""

    steps: tuple[tuple[str, tuple[str, ...]], ...]


@dataclass(frozen=True)
class MarkPhase:
    """Write that a phase without a step of its own (the watch, the decision) began, or is over."""

    step: str
    over: bool = False


@dataclass(frozen=True)
class RequestRollback:
    """Request the rollback in the bot's name, for this reason."""

    reason: str


@dataclass(frozen=True)
class StopSteps:
    """Stop the running attempts at these steps and wait until they have ended."""

    steps: tuple[str, ...]


@dataclass(frozen=True)
class MoveRun:
    """Move the run to another state."""

    state: RunState


@dataclass(frozen=True)
class Wait:
    """Do nothing until the record changes, or until the given time."""

    until: datetime | None = None


Instruction = (
    BeginStep
    | CheckEvidence
    | CompareWithBackup
    | AskAgain
    | MarkPhase
    | RequestRollback
    | StopSteps
    | MoveRun
    | Wait
    | StartCountdown
    | CancelCountdown
    | CountdownExpired
)


def begin(record: Record, step: PageStep) -> BeginStep:
    """Begin the next attempt at a step."""
    last = record.last(step.id)
    return BeginStep(step, last.attempt + 1 if last else 1)
