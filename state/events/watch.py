"""Events about the watch: alerts, checks, and the GO / NO-GO panel."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Self

from state.events.base import EventData, EventKind, PersonActed
from state.frozen import dataclass


@dataclass(frozen=True, kw_only=True)
class WatchBegan(EventData):
    """The watch begins. `lasts` is a duration in words; `speed` divides the waiting times."""

    kind: ClassVar[EventKind] = EventKind.WATCH_BEGAN

    lasts: str = ""
    speed: float = 1.0


@dataclass(frozen=True, kw_only=True)
class WatchOver(EventData):
    """The watch is over."""

    kind: ClassVar[EventKind] = EventKind.WATCH_OVER


@dataclass(frozen=True, kw_only=True)
class WarningRaised(EventData):
    """An alert warns about a value, which a person must judge.

    `name` is the alert's, `title` the check's. `rule` is the alert's rule in words, `seen` the value with its limit.
    """

    kind: ClassVar[EventKind] = EventKind.WARNING

    name: str = ""
    title: str = ""
    measure: str = ""
    value: float = 0.0
    rule: str = ""
    seen: str = ""
    was_bad: bool = False
    action: str = ""
    roles: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class AlertRaised(WarningRaised):
    """An alert's value is beyond its limit. With a `number`, that countdown begins and lasts `seconds`."""

    kind: ClassVar[EventKind] = EventKind.ALERT

    number: int = 0
    seconds: float = 0.0

    @classmethod
    def from_stored(cls, stored: Mapping[str, Any]) -> Self:
        """Earlier versions stored `number` as "attempt"."""
        return super().from_stored({"number": stored.get("attempt", 0), **stored})


@dataclass(frozen=True, kw_only=True)
class AlertHeld(PersonActed):
    """Somebody held an alert as a false alarm. `lasts` is a duration in words."""

    kind: ClassVar[EventKind] = EventKind.ALERT_HELD

    title: str = ""
    reason: str = ""
    lasts: str = ""


@dataclass(frozen=True, kw_only=True)
class Recovered(EventData):
    """A check or an alert is within its limits again."""

    kind: ClassVar[EventKind] = EventKind.RECOVERED

    title: str = ""
    summary: str = ""


@dataclass(frozen=True, kw_only=True)
class CheckBlind(EventData):
    """A check has given no data `times` times in a row, so people must look for themselves."""

    kind: ClassVar[EventKind] = EventKind.CHECK_BLIND

    title: str = ""
    verdict: str = ""
    summary: str = ""
    times: int = 0
    roles: tuple[str, ...] = ()

    @classmethod
    def from_stored(cls, stored: Mapping[str, Any]) -> Self:
        """Earlier versions stored the verdict "unreachable" as "could not ask"."""
        renamed = {"verdict": "unreachable"} if stored.get("verdict") == "could not ask" else {}
        return super().from_stored({**stored, **renamed})


@dataclass(frozen=True, kw_only=True)
class CheckFailed(EventData):
    """A check failed that no row of the alert table judges."""

    kind: ClassVar[EventKind] = EventKind.CHECK_FAILED

    title: str = ""
    summary: str = ""
    roles: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class CriteriaShown(EventData):
    """The GO / NO-GO panel begins."""

    kind: ClassVar[EventKind] = EventKind.CRITERIA
