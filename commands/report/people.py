"""Who did what in a run, in order: sign-offs, answers, holds, rollback requests and decisions."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from enum import StrEnum
from typing import Any

from commands.progress.evidence import short
from commands.progress.handovers import handover, holders
from commands.runbook.page import Page
from commands.runbook.people import People, roles_of
from commands.text.actors import door_in_words
from commands.text.durations import format_duration
from state.facts import (
    Agreement,
    AlertHold,
    Choice,
    Door,
    EarlyKeep,
    EarlyKeepAgreement,
    EnvironmentHold,
    Fact,
    HandoverEnd,
    HandoverOffer,
    HandoverResult,
    Hold,
    Keep,
    Lapsed,
    Resume,
    RollbackRequest,
    RunClosed,
    Signature,
    StartAgreement,
    StartObjection,
    StepAnswer,
)
from state.frozen import dataclass
from state.records import Record


class ActionKind(StrEnum):
    """What a person did."""

    SIGNED = "signed"
    REFUSED = "refused"
    RETRIED = "retried"
    FIXED_BY_HAND = "fixed by hand"
    SKIPPED = "skipped"
    OVERRULED = "overruled"
    AGREED = "agreed"
    AGREED_TO_FIX = "agreed to fix"
    AGREED_TO_OVERRULE = "agreed to overrule"
    KEPT_EARLY = "kept early"
    AGREED_TO_KEEP = "agreed to keep"
    HELD_ALERT = "held alert"
    HELD = "held"
    RESUMED = "resumed"
    ROLLED_BACK = "rolled back"
    KEPT = "kept"
    CLOSED = "closed"
    LAPSED = "lapsed"
    STARTED = "started all the same"
    AGREED_TO_START = "agreed to start"
    OFFERED = "offered"
    TOOK_OVER = "took over"
    DECLINED = "declined"
    WITHDREW = "withdrew"
    OFFER_EXPIRED = "offer expired"


@dataclass(frozen=True, kw_only=True)
class PersonAction:
    """Something that a person (or the bot) did, when, through which door, and why.

    `role` holds the titles of the person's roles, `title` what the action was about: a step's title, or an alert.
    `account` says which system user did it at the terminal; it is empty in Slack.
    `evidence` is what a signature was given for, or a sentence if an earlier version stored none; empty for others.
    """

    at: datetime
    person: str
    door: Door
    account: str
    role: str
    kind: ActionKind
    title: str
    reason: str
    evidence: str = ""


_CHOICES = {
    Choice.RETRY: ActionKind.RETRIED,
    Choice.DONE: ActionKind.FIXED_BY_HAND,
    Choice.SKIP: ActionKind.SKIPPED,
    Choice.OVERRIDE: ActionKind.OVERRULED,
}
_AGREED = {Choice.DONE: ActionKind.AGREED_TO_FIX, Choice.OVERRIDE: ActionKind.AGREED_TO_OVERRULE}
_ENDS: dict[str, ActionKind] = {
    HandoverResult.TAKEN: ActionKind.TOOK_OVER,
    HandoverResult.DECLINED: ActionKind.DECLINED,
    HandoverResult.WITHDRAWN: ActionKind.WITHDREW,
    HandoverResult.EXPIRED: ActionKind.OFFER_EXPIRED,
}
_KINDS: dict[type[Fact], Callable[[Any], ActionKind]] = {
    Signature: lambda fact: ActionKind.REFUSED if fact.refused else ActionKind.SIGNED,
    StepAnswer: lambda fact: _CHOICES[fact.choice],
    Agreement: lambda fact: _AGREED.get(fact.choice, ActionKind.AGREED),
    EarlyKeep: lambda _: ActionKind.KEPT_EARLY,
    EarlyKeepAgreement: lambda _: ActionKind.AGREED_TO_KEEP,
    AlertHold: lambda _: ActionKind.HELD_ALERT,
    Hold: lambda _: ActionKind.HELD,
    EnvironmentHold: lambda _: ActionKind.HELD,
    Resume: lambda _: ActionKind.RESUMED,
    RollbackRequest: lambda _: ActionKind.ROLLED_BACK,
    Keep: lambda _: ActionKind.KEPT,
    RunClosed: lambda _: ActionKind.CLOSED,
    Lapsed: lambda _: ActionKind.LAPSED,
    StartObjection: lambda _: ActionKind.STARTED,
    StartAgreement: lambda _: ActionKind.AGREED_TO_START,
    HandoverOffer: lambda _: ActionKind.OFFERED,
    HandoverEnd: lambda fact: _ENDS[fact.result],
}


def person_actions(page: Page, record: Record, people: People) -> tuple[PersonAction, ...]:
    """Every action, in order. Facts that the bot writes for itself, such as a countdown, are left out."""
    return tuple(_action(page, record, fact, people) for fact in record.facts if type(fact) in _KINDS)


def _action(page: Page, record: Record, fact: Fact, people: People) -> PersonAction:
    roles = [fact.role] if isinstance(fact, Signature) else _roles_then(record, fact, people)
    titles = [page.roles[role].title if role in page.roles else role for role in roles]
    return PersonAction(
        at=fact.at,
        person=fact.person,
        door=fact.by.door,
        account=door_in_words(fact.by),
        role=", ".join(titles),
        kind=_KINDS[type(fact)](fact),
        title=_subject(page, record, fact),
        reason=str(getattr(fact, "reason", "")),
        evidence=_evidence(fact),
    )


def _roles_then(record: Record, fact: Fact, people: People) -> list[str]:
    """The roles that the person held when they acted, as far as they were handed over in this run."""
    return sorted(roles_of(fact.person, holders(people, record, until=fact.at)))


def _evidence(fact: Fact) -> str:
    if not isinstance(fact, Signature):
        return ""
    return f"on evidence {short(fact.evidence_hash)}" if fact.evidence else "without evidence (older version)"


def _subject(page: Page, record: Record, fact: Fact) -> str:
    """What the action was about: a step, an alert, a role and both its people; empty if about the whole run."""
    if isinstance(fact, HandoverOffer | HandoverEnd) and (one := handover(record, fact.number)):
        role = page.roles[one.offer.role].title if one.offer.role in page.roles else one.offer.role
        return f"“{role}”, from {one.offer.person} to {one.offer.to}"
    if isinstance(fact, AlertHold):
        return f"“{fact.alert}” for {format_duration(fact.lasts)}"
    if isinstance(fact, StartObjection):
        return fact.summary
    if isinstance(fact, Signature | StepAnswer | Agreement | Lapsed):
        return next((step.title for step in page.steps if step.id == fact.step), fact.step)
    return ""
