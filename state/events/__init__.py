"""Events: what the thread, the log and the report tell about a run, one class for each kind."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Any, ClassVar

from state.events.base import EventData, EventKind, PersonActed
from state.events.drill import DrillBegan, PeopleInvited, PressRefused, TookPart
from state.events.handover import HandoverEnded, HandoverOffered
from state.events.people import (
    Ask,
    KeepDecided,
    NoteAdded,
    PeopleAsked,
    Reminder,
    RollbackRequested,
    RunHeld,
    RunResumed,
    SignaturesFell,
    StepAgreed,
    StepAnswered,
    StepSigned,
)
from state.events.queue import QueueLeft, QueueMoved, StartAsked, StartPutOff, StartQueued
from state.events.run import (
    ClockJumped,
    EnvironmentChanged,
    FeedWaits,
    MirrorRead,
    NextRunReported,
    RecordChanged,
    RollbackBudget,
    RunMoved,
    RunStarted,
    StatusDue,
    found_pair,
)
from state.events.steps import CheckPassed, StepBegan, StepEnded, StepInterrupted, StepSlow
from state.events.watch import (
    AlertHeld,
    AlertRaised,
    CheckBlind,
    CheckFailed,
    CriteriaShown,
    Recovered,
    WarningRaised,
    WatchBegan,
    WatchOver,
)
from state.frozen import dataclass

__all__ = [
    "EVENTS",
    "AlertHeld",
    "AlertRaised",
    "Ask",
    "CheckBlind",
    "CheckFailed",
    "CheckPassed",
    "ClockJumped",
    "CriteriaShown",
    "DrillBegan",
    "EnvironmentChanged",
    "EventData",
    "EventKind",
    "FeedWaits",
    "HandoverEnded",
    "HandoverOffered",
    "KeepDecided",
    "MirrorRead",
    "NextRunReported",
    "NoteAdded",
    "PeopleAsked",
    "PeopleInvited",
    "PersonActed",
    "PressRefused",
    "QueueLeft",
    "QueueMoved",
    "RecordChanged",
    "Recovered",
    "Reminder",
    "RollbackBudget",
    "RollbackRequested",
    "RunHeld",
    "RunMoved",
    "RunResumed",
    "RunStarted",
    "SignaturesFell",
    "StartAsked",
    "StartPutOff",
    "StartQueued",
    "StatusDue",
    "StepAgreed",
    "StepAnswered",
    "StepBegan",
    "StepEnded",
    "StepInterrupted",
    "StepSigned",
    "StepSlow",
    "TookPart",
    "UnknownEvent",
    "WarningRaised",
    "WatchBegan",
    "WatchOver",
    "event_from",
    "found_pair",
]


@dataclass(frozen=True, kw_only=True)
class UnknownEvent(EventData):
    """An event of a kind that this version does not know, exactly as stored."""

    kind: ClassVar[EventKind] = EventKind.UNKNOWN

    name: str
    stored: Mapping[str, Any] = field(default_factory=dict)

    @property
    def stored_kind(self) -> str:
        """The word under which this kind is stored."""
        return self.name

    def to_stored(self) -> dict[str, Any]:
        """The fields as stored in JSON."""
        return dict(self.stored)


EVENTS: dict[str, type[EventData]] = {
    event.kind.value: event
    for event in (
        PeopleInvited,
        TookPart,
        DrillBegan,
        PressRefused,
        RunStarted,
        StepBegan,
        StepEnded,
        CheckPassed,
        PeopleAsked,
        StepSigned,
        StepAnswered,
        StepAgreed,
        KeepDecided,
        RunHeld,
        RunResumed,
        RollbackRequested,
        WarningRaised,
        AlertRaised,
        AlertHeld,
        Recovered,
        CheckBlind,
        CheckFailed,
        RollbackBudget,
        Reminder,
        CriteriaShown,
        WatchBegan,
        WatchOver,
        StatusDue,
        RunMoved,
        NextRunReported,
        StepSlow,
        StepInterrupted,
        ClockJumped,
        RecordChanged,
        SignaturesFell,
        EnvironmentChanged,
        MirrorRead,
        FeedWaits,
        NoteAdded,
        StartQueued,
        StartAsked,
        StartPutOff,
        QueueMoved,
        QueueLeft,
        HandoverOffered,
        HandoverEnded,
    )
}


def event_from(kind: str, stored: Mapping[str, Any]) -> EventData:
    """The event with this stored kind and these stored fields; an UnknownEvent if the kind is unknown."""
    known = EVENTS.get(kind)
    return known.from_stored(stored) if known else UnknownEvent(name=kind, stored=stored)
