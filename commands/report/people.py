"""Who did what in a run, in order: the sign-offs, answers, holds, rollbacks and decisions of the report."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from commands.runbook.page import Page
from commands.runbook.people import People, roles_of
from commands.text.durations import format_duration
from state.facts import (
    Agreement,
    AlertHold,
    Choice,
    EarlyKeep,
    EarlyKeepAgreement,
    Fact,
    Hold,
    Keep,
    Resume,
    RollbackRequest,
    RunClosed,
    Signature,
    StepAnswer,
)
from state.records import Record


class Act(StrEnum):
    """What a person did."""

    SIGNED = "signed"
    REFUSED = "refused"
    RETRIED = "retried"
    DONE_BY_HAND = "done by hand"
    SKIPPED = "skipped"
    AGREED = "agreed"
    KEPT_EARLY = "kept early"
    AGREED_TO_KEEP = "agreed to keep"
    HELD_ALERT = "held alert"
    HELD = "held"
    RESUMED = "resumed"
    ROLLED_BACK = "rolled back"
    KEPT = "kept"
    CLOSED = "closed"


@dataclass(frozen=True, kw_only=True)
class PersonAction:
    """Something a person (or the bot) did: a sign-off, an answer, a hold, a rollback, KEEP. `role` is its title."""

    at: datetime
    person: str
    role: str
    act: Act
    title: str
    reason: str


_CHOICES = {Choice.RETRY: Act.RETRIED, Choice.DONE: Act.DONE_BY_HAND, Choice.SKIP: Act.SKIPPED}
_ACTS: dict[type[Fact], Callable[[Any], Act]] = {
    Signature: lambda fact: Act.REFUSED if fact.refused else Act.SIGNED,
    StepAnswer: lambda fact: _CHOICES[fact.choice],
    Agreement: lambda _: Act.AGREED,
    EarlyKeep: lambda _: Act.KEPT_EARLY,
    EarlyKeepAgreement: lambda _: Act.AGREED_TO_KEEP,
    AlertHold: lambda _: Act.HELD_ALERT,
    Hold: lambda _: Act.HELD,
    Resume: lambda _: Act.RESUMED,
    RollbackRequest: lambda _: Act.ROLLED_BACK,
    Keep: lambda _: Act.KEPT,
    RunClosed: lambda _: Act.CLOSED,
}


def person_actions(page: Page, record: Record, people: People) -> tuple[PersonAction, ...]:
    """Everything that people did, in order; what the bot wrote for itself is left out."""
    return tuple(_action(page, fact, people) for fact in record.facts if type(fact) in _ACTS)


def _action(page: Page, fact: Fact, people: People) -> PersonAction:
    held = [fact.role] if isinstance(fact, Signature) else sorted(roles_of(fact.person, people))
    titles = [page.roles[role].title if role in page.roles else role for role in held]
    return PersonAction(
        at=fact.at,
        person=fact.person,
        role=", ".join(titles),
        act=_ACTS[type(fact)](fact),
        title=_about(page, fact),
        reason=str(getattr(fact, "reason", "")),
    )


def _about(page: Page, fact: Fact) -> str:
    """What it is about, by its title."""
    if isinstance(fact, AlertHold):
        return f"“{fact.alert}” for {format_duration(fact.lasts)}"
    if isinstance(fact, Signature | StepAnswer | Agreement):
        return next((step.title for step in page.steps if step.id == fact.step), fact.step)
    return ""
