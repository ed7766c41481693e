"""Events about handing over a role for one run: the offer, and how it ended."""

from __future__ import annotations

from typing import ClassVar

from state.events.base import EventData, EventKind, PersonActed
from state.frozen import dataclass


@dataclass(frozen=True, kw_only=True)
class HandoverOffered(PersonActed):
    """A person offered their place in a role to another one (`to`). `title` is the role's."""

    kind: ClassVar[EventKind] = EventKind.HANDOVER_OFFERED

    number: int = 0
    role: str = ""
    title: str = ""
    to: str = ""
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class HandoverEnded(EventData):
    """An offer ended: `taker` has the place of `giver` from now on, or declined, or nobody took it over in time.

    `door` says where that was done, if it was at the terminal. `waiting` are the titles of what the role is asked for.
    """

    kind: ClassVar[EventKind] = EventKind.HANDOVER_ENDED

    number: int = 0
    role: str = ""
    title: str = ""
    giver: str = ""
    taker: str = ""
    state: str = ""
    door: str = ""
    waiting: tuple[str, ...] = ()
