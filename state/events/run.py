"""Events of the whole run: it starts, moves on, posts its status, uses up its rollback budget."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from state.events.base import EventData, EventKind


@dataclass(frozen=True, kw_only=True)
class RunStarted(EventData):
    """A run was started by a person; `warnings` were known before and do not forbid it."""

    kind: ClassVar[EventKind] = EventKind.STARTED

    title: str = ""
    ref: str = ""
    note: str = ""
    target: str = ""
    person: str = ""
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class RunMoved(EventData):
    """The run moved to another state. `clock` and `since_rollback` are in words; `left` is what an abandoned run leaves on production."""

    kind: ClassVar[EventKind] = EventKind.RUN_MOVED

    state: str = ""
    clock: str = ""
    since_rollback: str = ""
    reason: str = ""
    person: str = ""
    not_restored: tuple[str, ...] = ()
    left: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class NextRunReported(EventData):
    """What became of the page that KEEP starts."""

    kind: ClassVar[EventKind] = EventKind.NEXT_RUN

    summary: str = ""
    page: str = ""


@dataclass(frozen=True, kw_only=True)
class StatusDue(EventData):
    """A status post is due; `late` says in words by how much it is late, or nothing."""

    kind: ClassVar[EventKind] = EventKind.STATUS_DUE

    slot: int = 0
    late: str = ""


@dataclass(frozen=True, kw_only=True)
class RollbackBudget(EventData):
    """So much (`mark`, in percent) of the rollback's time budget is used: what runs, and which steps are left."""

    kind: ClassVar[EventKind] = EventKind.ROLLBACK_BUDGET

    mark: int = 0
    within: str = ""
    ran: str = ""
    doing: tuple[str, ...] = ()
    left: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class ClockJumped(EventData):
    """The clock of the bot's machine jumped."""

    kind: ClassVar[EventKind] = EventKind.CLOCK_JUMPED

    title: str = "Clock"
    summary: str = ""
