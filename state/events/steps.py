"""Events of steps: one begins, ends, is slow."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from state.events.base import EventData, EventKind


@dataclass(frozen=True, kw_only=True)
class StepBegan(EventData):
    """An attempt at a step begins; `plan` is what it will do, word for word."""

    kind: ClassVar[EventKind] = EventKind.STEP_BEGAN

    title: str = ""
    part: str = ""
    attempt: int = 1
    plan: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class StepEnded(EventData):
    """An attempt at a step ended; `roles` are called by it, `seconds` is how long it took."""

    kind: ClassVar[EventKind] = EventKind.STEP_ENDED

    title: str = ""
    part: str = ""
    attempt: int = 1
    state: str = ""
    summary: str = ""
    lines: tuple[str, ...] = ()
    output: str = ""
    seconds: float = 0.0
    roles: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class CheckPassed(StepEnded):
    """A check of the watch ended well, which the status posts show."""

    kind: ClassVar[EventKind] = EventKind.CHECK_PASSED


@dataclass(frozen=True, kw_only=True)
class StepSlow(EventData):
    """A step runs longer than usual."""

    kind: ClassVar[EventKind] = EventKind.STEP_SLOW

    title: str = ""
    attempt: int = 1
    summary: str = ""
    roles: tuple[str, ...] = ()
