"""Events of a drill: people are asked to take part, it begins, and what was pressed in vain."""

from __future__ import annotations

from typing import ClassVar

from state.events.base import EventData, EventKind, PersonActed
from state.frozen import dataclass


@dataclass(frozen=True, kw_only=True)
class PeopleInvited(EventData):
    """People are asked whether they take part in the drill."""

    kind: ClassVar[EventKind] = EventKind.PEOPLE_INVITED


@dataclass(frozen=True, kw_only=True)
class TookPart(PersonActed):
    """Somebody takes part in the drill."""

    kind: ClassVar[EventKind] = EventKind.TOOK_PART


@dataclass(frozen=True, kw_only=True)
class DrillBegan(PersonActed):
    """Somebody let the drill begin."""

    kind: ClassVar[EventKind] = EventKind.DRILL_BEGAN


@dataclass(frozen=True, kw_only=True)
class PressRefused(PersonActed):
    """What somebody pressed or typed in a drill was refused: `action` is the button's, `why` what they read."""

    kind: ClassVar[EventKind] = EventKind.PRESS_REFUSED

    action: str = ""
    why: str = ""
