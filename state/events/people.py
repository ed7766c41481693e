"""Events about people: who is asked, and who did what."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, ClassVar, Self

from state.events.base import EventData, EventKind, PersonActed
from state.facts import Choice
from state.frozen import dataclass


class Ask(StrEnum):
    """What people are asked to do."""

    SIGN = "sign"
    ANSWER = "answer"
    AGREE = "second"
    DECIDE = "decide"
    COUNTDOWN = "countdown"
    START = "start"


@dataclass(frozen=True, kw_only=True)
class PeopleAsked(EventData):
    """People are asked to sign, to answer, to agree or to decide.

    `state` and `summary` are those of the attempt. `items` are the checklist as pairs of role and text.
    `asked_items` are the questions of the decision.
    """

    kind: ClassVar[EventKind] = EventKind.PEOPLE_ASKED

    ask: str = Ask.SIGN
    step: str = ""
    attempt: int = 1
    title: str = ""
    roles: tuple[str, ...] = ()
    state: str = ""
    summary: str = ""
    items: tuple[tuple[str, str], ...] = ()
    asked_items: tuple[str, ...] = ()

    @classmethod
    def from_stored(cls, stored: Mapping[str, Any]) -> Self:
        """Earlier versions stored `ask` as "kind", items as objects, and an early KEEP as attempt 0 of the decision."""
        items = [[item["role"], item["text"]] if isinstance(item, dict) else item for item in stored.get("items", ())]
        attempt = stored.get("attempt") or 1
        return super().from_stored({"ask": stored.get("kind", Ask.SIGN), **stored, "items": items, "attempt": attempt})


@dataclass(frozen=True, kw_only=True)
class StepSigned(PersonActed):
    """Somebody signed a step, or refused to."""

    kind: ClassVar[EventKind] = EventKind.STEP_SIGNED

    title: str = ""
    role: str = ""
    attempt: int = 1
    refused: bool = False
    reason: str = ""

    @classmethod
    def from_stored(cls, stored: Mapping[str, Any]) -> Self:
        """Earlier versions stored `refused` as "said": "yes" or "no"."""
        return super().from_stored({"refused": stored.get("said") == "no", **stored})


@dataclass(frozen=True, kw_only=True)
class SignaturesFell(EventData):
    """The signatures of a step no longer hold, so it is asked for again, as a new `attempt` with the same result.

    `summary` says what has changed, or which signature is too old.
    """

    kind: ClassVar[EventKind] = EventKind.SIGNATURES_FELL

    title: str = ""
    attempt: int = 1
    people: tuple[str, ...] = ()
    summary: str = ""


@dataclass(frozen=True, kw_only=True)
class StepAnswered(PersonActed):
    """Somebody answered for a step that did not succeed. An early KEEP is such an event too, without a choice."""

    kind: ClassVar[EventKind] = EventKind.STEP_ANSWERED

    title: str = ""
    attempt: int = 1
    choice: str = ""
    reason: str = ""

    @classmethod
    def from_stored(cls, stored: Mapping[str, Any]) -> Self:
        """Earlier versions stored the choice as "said"; for an early KEEP that is no choice."""
        said = stored.get("said", "")
        return super().from_stored({"choice": said if said in set(Choice) else "", **stored})


@dataclass(frozen=True, kw_only=True)
class StepAgreed(PersonActed):
    """A second person agreed to an answer or to an early KEEP."""

    kind: ClassVar[EventKind] = EventKind.STEP_AGREED

    title: str = ""
    attempt: int = 1


@dataclass(frozen=True, kw_only=True)
class _OfRun(PersonActed):
    """An action of a person on the whole run."""

    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class KeepDecided(_OfRun):
    """Somebody decided KEEP."""

    kind: ClassVar[EventKind] = EventKind.KEEP_DECIDED


@dataclass(frozen=True, kw_only=True)
class RunHeld(_OfRun):
    """Somebody put the run on hold."""

    kind: ClassVar[EventKind] = EventKind.HELD


@dataclass(frozen=True, kw_only=True)
class RunResumed(_OfRun):
    """Somebody resumed a run that was on hold."""

    kind: ClassVar[EventKind] = EventKind.RESUMED


@dataclass(frozen=True, kw_only=True)
class RollbackRequested(_OfRun):
    """Somebody, or the bot on an alert, requested the rollback."""

    kind: ClassVar[EventKind] = EventKind.ROLLBACK_REQUESTED


@dataclass(frozen=True, kw_only=True)
class NoteAdded(PersonActed):
    """Somebody put a line into the report. `link` leads to the message that it is about."""

    kind: ClassVar[EventKind] = EventKind.NOTE

    summary: str = ""
    link: str = ""


@dataclass(frozen=True, kw_only=True)
class Reminder(EventData):
    """A reminder for people who have not acted for the time `silent` (in words). `loud` calls the deciding role too."""

    kind: ClassVar[EventKind] = EventKind.REMINDER

    title: str = ""
    roles: tuple[str, ...] = ()
    loud: bool = False
    silent: str = ""
