"""Events about a queued start: queued, asked, put off, moved, and how it ended."""

from __future__ import annotations

from typing import ClassVar

from state.events.base import EventData, EventKind, PersonActed
from state.frozen import dataclass


@dataclass(frozen=True, kw_only=True)
class StartQueued(PersonActed):
    """Somebody queued a start. `behind` is the active run of its target then, or 0; `planned` its time in words.

    `window` says that the page's window is not open then. `press` is as in `RunStarted`.
    """

    kind: ClassVar[EventKind] = EventKind.START_QUEUED

    title: str = ""
    ref: str = ""
    note: str = ""
    target: str = ""
    behind: int = 0
    planned: str = ""
    window: str = ""
    press: str = ""


@dataclass(frozen=True, kw_only=True)
class StartAsked(EventData):
    """People are asked whether a queued start begins now. `number` counts the questions.

    `before` says how the run before it ended, `late` that its time is over, `edited` that the page was edited since:
    a sentence each, or empty. `roles` are those who are asked.
    """

    kind: ClassVar[EventKind] = EventKind.START_ASKED

    number: int = 1
    title: str = ""
    before: str = ""
    late: str = ""
    edited: str = ""
    roles: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class StartPutOff(PersonActed):
    """A queued start is asked about later: at `until` (ISO 8601), or in its turn; `summary` says so in words."""

    kind: ClassVar[EventKind] = EventKind.START_PUT_OFF

    summary: str = ""
    until: str = ""


@dataclass(frozen=True, kw_only=True)
class QueueMoved(PersonActed):
    """Somebody gave a queued start another place in the queue of its target, counted from 1."""

    kind: ClassVar[EventKind] = EventKind.QUEUE_MOVED

    place: int = 1
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class QueueLeft(PersonActed):
    """A queued start has become run `started`, or (0) left the queue: `reason` says why. `silent`: nobody answered."""

    kind: ClassVar[EventKind] = EventKind.QUEUE_LEFT

    started: int = 0
    reason: str = ""
    silent: bool = False
