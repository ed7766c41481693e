"""What every event has: its kind, and how it is stored and read back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any, ClassVar, Self


class EventKind(StrEnum):
    """The kinds of events, by the words under which they are stored."""

    STARTED = "started"
    STEP_BEGAN = "began"
    STEP_ENDED = "ended"
    CHECK_PASSED = "checked"
    PEOPLE_ASKED = "wanted"
    STEP_SIGNED = "signed"
    STEP_ANSWERED = "answered"
    STEP_AGREED = "seconded"
    KEEP_DECIDED = "keep"
    HELD = "hold"
    RESUMED = "resume"
    ROLLBACK_REQUESTED = "rollback"
    ALERT = "alert"
    WARNING = "warning"
    ALERT_HELD = "held alert"
    RECOVERED = "recovered"
    CHECK_BLIND = "blind"
    CHECK_FAILED = "bad"
    ROLLBACK_BUDGET = "budget"
    REMINDER = "chase"
    CRITERIA = "panel"
    WATCH_BEGAN = "watch"
    WATCH_OVER = "watch over"
    STATUS_DUE = "status"
    RUN_MOVED = "moved"
    NEXT_RUN = "next"
    STEP_SLOW = "slow"
    CLOCK_JUMPED = "clock"
    UNKNOWN = "unknown"


# names of fields in events that earlier versions wrote
_NEW_NAMES = {"says": "summary", "stays": "left"}


@dataclass(frozen=True, kw_only=True)
class EventData:
    """Base of what an event holds. All fields are texts, numbers, flags, and tuples of them, so that JSON keeps them."""

    kind: ClassVar[EventKind]

    @property
    def stored_kind(self) -> str:
        """The word under which it is stored."""
        return self.kind.value

    def to_stored(self) -> dict[str, Any]:
        """The fields as they are stored."""
        return {one.name: getattr(self, one.name) for one in fields(self)}

    @classmethod
    def from_stored(cls, stored: Mapping[str, Any]) -> Self:
        """The event from what was stored, also by an earlier version: a field of which nothing was stored is empty."""
        known = {_NEW_NAMES.get(name, name): value for name, value in stored.items()}
        return cls(**{one.name: _as_tuple(known[one.name]) for one in fields(cls) if one.name in known})


def _as_tuple(value: Any) -> Any:
    return tuple(_as_tuple(one) for one in value) if isinstance(value, list) else value
