"""Facts: the actions of people (or of the bot, on an alert) on a run, one class for each kind."""

from __future__ import annotations

from state.facts.alerts import AlertHold, CountdownEnd, CountdownStart
from state.facts.base import BOT, Actor, Door, Fact, FactKind, shortened
from state.facts.drill import DrillBegun, Surprise, TakesPart
from state.facts.handover import HandoverEnd, HandoverOffer, HandoverResult
from state.facts.queue import Planned, PutOff, QueueMove, StartQuestion
from state.facts.run import (
    EarlyKeep,
    EarlyKeepAgreement,
    EnvironmentHold,
    Hold,
    Keep,
    NextRun,
    Note,
    Resume,
    RollbackRequest,
    RunClosed,
)
from state.facts.start import StartAgreement, StartObjection
from state.facts.steps import Agreement, Choice, Evidence, Lapsed, Signature, StepAnswer, evidence_hash

__all__ = [
    "BOT",
    "FACTS",
    "Actor",
    "Agreement",
    "AlertHold",
    "Choice",
    "CountdownEnd",
    "CountdownStart",
    "Door",
    "DrillBegun",
    "EarlyKeep",
    "EarlyKeepAgreement",
    "EnvironmentHold",
    "Evidence",
    "Fact",
    "FactKind",
    "HandoverEnd",
    "HandoverOffer",
    "HandoverResult",
    "Hold",
    "Keep",
    "Lapsed",
    "NextRun",
    "Note",
    "Planned",
    "PutOff",
    "QueueMove",
    "Resume",
    "RollbackRequest",
    "RunClosed",
    "Signature",
    "StartAgreement",
    "StartObjection",
    "StartQuestion",
    "StepAnswer",
    "Surprise",
    "TakesPart",
    "evidence_hash",
    "shortened",
]

FACTS: dict[FactKind, type[Fact]] = {
    fact.kind: fact
    for fact in (
        Signature,
        StepAnswer,
        Agreement,
        EarlyKeep,
        EarlyKeepAgreement,
        Hold,
        Resume,
        RollbackRequest,
        Keep,
        RunClosed,
        NextRun,
        CountdownStart,
        AlertHold,
        CountdownEnd,
        EnvironmentHold,
        Lapsed,
        Note,
        TakesPart,
        DrillBegun,
        Surprise,
        Planned,
        StartQuestion,
        PutOff,
        QueueMove,
        StartObjection,
        StartAgreement,
        HandoverOffer,
        HandoverEnd,
    )
}
