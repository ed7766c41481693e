"""What a message's metadata says: its event, and how far the run's journal went.

Slack keeps it, so that somebody who writes the whole record anew is found by `gonogo verify`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from state.events import KeepDecided, PeopleAsked, StepAgreed, StepAnswered, StepSigned
from state.frozen import dataclass
from state.records import Event

EVENT_TYPE = "gonogo_event"
Identity = dict[str, Any]
AttemptKey = tuple[str, Any]
# acts of people without a message of their own: the message of their question holds them
PINNED = (StepSigned, StepAnswered, StepAgreed, KeepDecided)


@dataclass(frozen=True)
class PostedHead:
    """The hash that the run's journal had with an entry, as Slack has it."""

    entry: int
    hash: str


def identity_of(event: Event, what: str = "event") -> Identity:
    """The metadata by which a message is found again. The hash tells runs of different records apart."""
    return {"run": event.run, "event": event.id, "what": what, "entry": event.entry, "hash": event.hash}


def head_of(event: Event) -> Identity:
    """What is added to the metadata of a message when an event that it shows, too, is written."""
    return {"newest_entry": event.entry, "newest_hash": event.hash}


def shows(metadata: Any, identity: Identity) -> bool:
    """Whether a message's metadata is that of the message with this identity, whatever was added to it."""
    payload = _payload(metadata)
    return bool(payload) and {name: payload.get(name) for name in identity} == identity


def heads_in(metadata: Any, run: int) -> list[PostedHead]:
    """The heads of a run's journal that a message's metadata holds."""
    payload = _payload(metadata)
    if payload.get("run") != run:
        return []
    pairs = [(payload.get(f"{prefix}entry"), payload.get(f"{prefix}hash")) for prefix in ("", "newest_")]
    return [PostedHead(entry, chained) for entry, chained in pairs if isinstance(entry, int) and entry and chained]


def question_of(event: Event, asked: Iterable[Event]) -> Event | None:
    """The event that asked for a person's act, of those whose messages are live."""
    same = (one for one in asked if isinstance(one.data, PeopleAsked) and attempt_key(one) == attempt_key(event))
    return next(same, None)


def attempt_key(event: Event) -> AttemptKey:
    """The step and attempt that an event is about."""
    return event.step, getattr(event.data, "attempt", None)


def _payload(metadata: Any) -> Identity:
    if not isinstance(metadata, dict) or metadata.get("event_type") != EVENT_TYPE:
        return {}
    payload = metadata.get("event_payload")
    return payload if isinstance(payload, dict) else {}
