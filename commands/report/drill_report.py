"""What a drill showed: who answered after how long, and what was pressed in vain."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from commands.progress.drill import takes_part
from commands.report.run_data import RunData
from commands.report.surprise_report import SurpriseReport
from commands.text.actors import door_in_words
from state.events import AlertRaised, Ask, PeopleAsked, PressRefused
from state.facts import (
    BOT,
    Agreement,
    AlertHold,
    EarlyKeep,
    EarlyKeepAgreement,
    Fact,
    Keep,
    RollbackRequest,
    Signature,
    StepAnswer,
)
from state.frozen import dataclass
from state.records import Event

# what answers each question about a step; the decision is one of the whole run
_ANSWERS: dict[str, tuple[type[Fact], ...]] = {
    Ask.SIGN: (Signature,),
    Ask.ANSWER: (StepAnswer,),
    Ask.AGREE: (Agreement, EarlyKeepAgreement),
    Ask.DECIDE: (Keep, EarlyKeep),
}
_OF_RUN = (Keep, EarlyKeep, EarlyKeepAgreement)


@dataclass(frozen=True, kw_only=True)
class DrillAnswer:
    """A question to people and one answer: `after` how long, and by whom; without an answer both are empty."""

    asked: timedelta
    title: str
    roles: tuple[str, ...]
    person: str = ""
    role: str = ""
    door: str = ""
    after: timedelta | None = None


@dataclass(frozen=True, kw_only=True)
class RefusedPress:
    """What somebody pressed or typed and was refused, and what they read."""

    at: timedelta
    person: str
    action: str
    why: str


@dataclass(frozen=True, kw_only=True)
class DrillReport:
    """What only a drill tells. `people` are those who took part, in the order of their names.

    `surprise` is added by whoever has the record's key.
    """

    people: tuple[str, ...]
    answers: tuple[DrillAnswer, ...]
    refused: tuple[RefusedPress, ...]
    surprise: SurpriseReport | None = None


def drill_report(data: RunData, events: Iterable[Event]) -> DrillReport | None:
    """What a drill showed; None for every other run."""
    if not data.record.run.drill:
        return None
    told = list(events)
    return DrillReport(
        people=tuple(sorted(takes_part(data.record))),
        answers=tuple(answer for event in told for answer in _answers(data, event)),
        refused=tuple(
            RefusedPress(
                at=data.t_plus(event.at), person=event.data.person, action=event.data.action, why=event.data.why
            )
            for event in told
            if isinstance(event.data, PressRefused)
        ),
    )


def _answers(data: RunData, event: Event) -> Iterator[DrillAnswer]:
    asked = event.data
    if isinstance(asked, AlertRaised) and asked.number:
        yield _answer_to_alert(data, event, asked)
    if not isinstance(asked, PeopleAsked):
        return
    titles = _titles(data, asked.roles)
    question = DrillAnswer(asked=data.t_plus(event.at), title=asked.title, roles=titles)
    found = [fact for fact in data.record.facts if _answers_it(fact, asked, event.at)]
    for fact in found:
        role = data.page.roles[fact.role].title if isinstance(fact, Signature) and fact.role in data.page.roles else ""
        yield DrillAnswer(
            asked=question.asked,
            title=question.title,
            roles=question.roles,
            person=fact.person,
            role=role,
            door=door_in_words(fact.by),
            after=fact.at - event.at,
        )
    silent = [title for title in titles if asked.ask == Ask.SIGN and title not in _signed(data, found)]
    if silent or not found:
        yield DrillAnswer(asked=question.asked, title=question.title, roles=tuple(silent) or titles)


def _answer_to_alert(data: RunData, event: Event, alert: AlertRaised) -> DrillAnswer:
    """A countdown asks whether it is a false alarm: who held it or rolled back first, or nobody."""
    question = DrillAnswer(
        asked=data.t_plus(event.at), title=f"🚨 {alert.name}: hold, or roll back?", roles=_titles(data, alert.roles)
    )
    held = [
        fact
        for fact in data.record.facts
        if isinstance(fact, AlertHold) and (fact.alert, fact.number) == (alert.name, alert.number)
    ]
    rolled_back = data.record.rollback
    acts: list[AlertHold | RollbackRequest] = [*held]
    if rolled_back and rolled_back.by.door is not BOT.door:
        acts.append(rolled_back)
    first = min((fact for fact in acts if fact.at >= event.at), key=lambda fact: fact.at, default=None)
    if first is None:
        return question
    did = "rolled back" if isinstance(first, RollbackRequest) else "held it"
    door = f"({did}) {door_in_words(first.by)}".rstrip()
    return replace(question, person=first.person, door=door, after=first.at - event.at)


def _titles(data: RunData, roles: Iterable[str]) -> tuple[str, ...]:
    return tuple(data.page.roles[role].title if role in data.page.roles else role for role in roles)


def _signed(data: RunData, found: list[Fact]) -> set[str]:
    roles = {fact.role for fact in found if isinstance(fact, Signature)}
    return {data.page.roles[role].title for role in roles if role in data.page.roles}


def _answers_it(fact: Fact, asked: PeopleAsked, at: datetime) -> bool:
    if fact.at < at or not isinstance(fact, _ANSWERS.get(asked.ask, ())):
        return False
    about = (getattr(fact, "step", None), getattr(fact, "attempt", None))
    return isinstance(fact, _OF_RUN) or about == (asked.step, asked.attempt)
