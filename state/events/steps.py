"""Events about steps: an attempt begins, ends, or is slow."""

from __future__ import annotations

from typing import ClassVar

from state.events.base import EventData, EventKind
from state.frozen import dataclass


@dataclass(frozen=True, kw_only=True)
class StepBegan(EventData):
    """An attempt at a step begins. `plan` holds exactly what it will do, one line each."""

    kind: ClassVar[EventKind] = EventKind.STEP_BEGAN

    title: str = ""
    part: str = ""
    attempt: int = 1
    plan: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class StepEnded(EventData):
    """An attempt at a step ended after `seconds`. It calls `roles`."""

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
    """A check of the watch succeeded; the status posts show it."""

    kind: ClassVar[EventKind] = EventKind.CHECK_PASSED


@dataclass(frozen=True, kw_only=True)
class StepSlow(EventData):
    """A step has been running for longer than usual."""

    kind: ClassVar[EventKind] = EventKind.STEP_SLOW

    title: str = ""
    attempt: int = 1
    summary: str = ""
    roles: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class StepInterrupted(EventData):
    """A step was running when the bot ended, and a new process takes it up: it began `times` times without an end."""

    kind: ClassVar[EventKind] = EventKind.STEP_INTERRUPTED

    title: str = ""
    attempt: int = 1
    times: int = 3
    summary: str = ""
    roles: tuple[str, ...] = ()
