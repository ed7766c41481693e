"""Events of people: who is asked, and who said what."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, ClassVar, Self

from state.events.base import EventData, EventKind
from state.facts import Choice


class Ask(StrEnum):
    """What people are asked for."""

    SIGN = "sign"
    ANSWER = "answer"
    AGREE = "second"
    DECIDE = "decide"
    COUNTDOWN = "countdown"


@dataclass(frozen=True, kw_only=True)
class PeopleAsked(EventData):
    """People are asked: to sign, to answer, to agree or to decide.

    `state` and `summary` are those of the attempt; `items` are pairs of role and text; `asked_items` are asked at the decision.
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
        """Earlier versions stored what is asked as "kind", items as objects, and an early KEEP as attempt 0 at the decision."""
        items = [[one["role"], one["text"]] if isinstance(one, dict) else one for one in stored.get("items", ())]
        attempt = stored.get("attempt") or 1
        return super().from_stored({"ask": stored.get("kind", Ask.SIGN), **stored, "items": items, "attempt": attempt})


@dataclass(frozen=True, kw_only=True)
class StepSigned(EventData):
    """Somebody signed a step, or refused to."""

    kind: ClassVar[EventKind] = EventKind.STEP_SIGNED

    title: str = ""
    role: str = ""
    person: str = ""
    attempt: int = 1
    refused: bool = False
    reason: str = ""

    @classmethod
    def from_stored(cls, stored: Mapping[str, Any]) -> Self:
        """Earlier versions stored "said": "yes" or "no"."""
        return super().from_stored({"refused": stored.get("said") == "no", **stored})


@dataclass(frozen=True, kw_only=True)
class StepAnswered(EventData):
    """Somebody answered for a step that did not end well; an early KEEP is told so too, and has no choice."""

    kind: ClassVar[EventKind] = EventKind.STEP_ANSWERED

    title: str = ""
    person: str = ""
    attempt: int = 1
    choice: str = ""
    reason: str = ""

    @classmethod
    def from_stored(cls, stored: Mapping[str, Any]) -> Self:
        """Earlier versions stored the choice as "said"."""
        said = stored.get("said", "")
        return super().from_stored({"choice": said if said in set(Choice) else "", **stored})


@dataclass(frozen=True, kw_only=True)
class StepAgreed(EventData):
    """A second person agreed."""

    kind: ClassVar[EventKind] = EventKind.STEP_AGREED

    title: str = ""
    person: str = ""
    attempt: int = 1


@dataclass(frozen=True, kw_only=True)
class _Said(EventData):
    """Something a person said about the whole run."""

    person: str = ""
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class KeepDecided(_Said):
    """Somebody decided KEEP."""

    kind: ClassVar[EventKind] = EventKind.KEEP_DECIDED


@dataclass(frozen=True, kw_only=True)
class RunHeld(_Said):
    """Somebody holds the run."""

    kind: ClassVar[EventKind] = EventKind.HELD


@dataclass(frozen=True, kw_only=True)
class RunResumed(_Said):
    """Somebody lets a held run continue."""

    kind: ClassVar[EventKind] = EventKind.RESUMED


@dataclass(frozen=True, kw_only=True)
class RollbackRequested(_Said):
    """Somebody, or the bot on an alert, asked for the rollback."""

    kind: ClassVar[EventKind] = EventKind.ROLLBACK_REQUESTED


@dataclass(frozen=True, kw_only=True)
class Reminder(EventData):
    """People who were asked are asked again; `loud` calls the deciding role as well, `silent` is for how long, in words."""

    kind: ClassVar[EventKind] = EventKind.REMINDER

    title: str = ""
    roles: tuple[str, ...] = ()
    loud: bool = False
    silent: str = ""
