"""What a drill showed: who answered after how long, and what was pressed in vain."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from commands.progress.drill import takes_part
from commands.report.run_data import RunData
from commands.report.surprise_report import SurpriseReport
from commands.text.actors import door_in_words
from state.events import Ask, PeopleAsked, PressRefused
from state.facts import Agreement, EarlyKeep, EarlyKeepAgreement, Fact, Keep, Signature, StepAnswer
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
    if not isinstance(asked, PeopleAsked):
        return
    titles = tuple(data.page.roles[role].title if role in data.page.roles else role for role in asked.roles)
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


def _signed(data: RunData, found: list[Fact]) -> set[str]:
    roles = {fact.role for fact in found if isinstance(fact, Signature)}
    return {data.page.roles[role].title for role in roles if role in data.page.roles}


def _answers_it(fact: Fact, asked: PeopleAsked, at: datetime) -> bool:
    if fact.at < at or not isinstance(fact, _ANSWERS.get(asked.ask, ())):
        return False
    about = (getattr(fact, "step", None), getattr(fact, "attempt", None))
    return isinstance(fact, _OF_RUN) or about == (asked.step, asked.attempt)
