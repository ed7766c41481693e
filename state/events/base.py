"""What every event has: its kind, and how it is stored and read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from enum import StrEnum
from typing import Any, ClassVar, Self

from state.frozen import dataclass


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
    STEP_INTERRUPTED = "interrupted"
    CLOCK_JUMPED = "clock"
    RECORD_CHANGED = "record"
    SIGNATURES_FELL = "fell"
    ENVIRONMENT_CHANGED = "environment"
    MIRROR_READ = "mirror"
    FEED_WAITS = "feed waits"
    NOTE = "note"
    PEOPLE_INVITED = "invited"
    TOOK_PART = "took part"
    DRILL_BEGAN = "drill began"
    PRESS_REFUSED = "press refused"
    START_QUEUED = "queued"
    START_ASKED = "start asked"
    START_PUT_OFF = "put off"
    QUEUE_MOVED = "queue moved"
    QUEUE_LEFT = "queue left"
    HANDOVER_OFFERED = "handover"
    HANDOVER_ENDED = "handover ended"
    UNKNOWN = "unknown"


# old field names, as earlier versions stored them -> new names
_NEW_NAMES = {"says": "summary", "stays": "left"}


@dataclass(frozen=True, kw_only=True)
class EventData:
    """Base of all events. Every field is a string, number, boolean, or a tuple of these, so that JSON can hold it."""

    kind: ClassVar[EventKind]

    @property
    def stored_kind(self) -> str:
        """The word under which this kind is stored."""
        return self.kind.value

    def to_stored(self) -> dict[str, Any]:
        """The fields as stored in JSON."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    @classmethod
    def from_stored(cls, stored: Mapping[str, Any]) -> Self:
        """The event with these stored fields, also of an earlier version. A missing field gets its default."""
        known = {_NEW_NAMES.get(name, name): value for name, value in stored.items()}
        return cls(**{field.name: _as_tuple(known[field.name]) for field in fields(cls) if field.name in known})


@dataclass(frozen=True, kw_only=True)
class PersonActed(EventData):
    """An action of a person. `door` says in words where, and as which system user; it is empty for Slack."""

    person: str = ""
    door: str = ""


def _as_tuple(value: Any) -> Any:
    return tuple(_as_tuple(item) for item in value) if isinstance(value, list) else value
