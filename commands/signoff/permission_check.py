"""Whether a person may do an act: the table of permissions, asked from every door alike."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field, replace

from commands.progress.start_gate import GATE, objections
from commands.progress.step_state import DECISION
from commands.runbook.page import Page
from commands.runbook.people import People, is_user_group, roles_of
from commands.signoff.permissions import PERMISSIONS, Act, Party, Starter, Who
from commands.text.phrases import joined
from state.errors import NotAllowed
from state.facts import BOT, Actor, Choice, Door, EarlyKeep, Signature, StepAnswer
from state.frozen import dataclass
from state.records import Record

# who took part in a matter, by what they did in it
Parties = Mapping[Party, tuple[Actor, ...]]
_NEED_NO_ROLE = (Who.MEMBERS, Who.OPERATORS)
_ONE_PERSON = (Who.OFFERED, Who.GIVER)
_TOOK_PART = {
    Party.FIRST: "A second person must agree. You are the first, so it cannot be you.",
    Party.REFUSER: (
        "You refused to sign “{title}”, so two other people must overrule that. "
        "If it is fine now, run the step again and sign it."
    ),
    Party.FIXER: "Your fix of “{title}” was refused, so two other people must overrule that.",
    Party.RETRIER: "Your role refused “{title}” and you ran it again, so another person must sign it.",
}


@dataclass(frozen=True, kw_only=True)
class Matter:
    """What an act is about: the roles that it is asked of, the run's starter, its title, and who took part in it.

    `person` is the only one who may do it, for an act of one person.
    """

    roles: tuple[str, ...] = ()
    person: str = ""
    starter: Actor | None = None
    title: str = ""
    parties: Parties = field(default_factory=dict)


def require_permission(act: Act, actor: Actor, page: Page, people: People, matter: Matter) -> None:
    """Raise NotAllowed, with why, unless this person may do this act through this door.

    `people` are those of each role now. Whether a second person must agree is decided with the step's state.
    """
    require_door(act, actor, matter.title)
    row = PERMISSIONS[act]
    does = row.does.format(title=matter.title)
    if row.who in _ONE_PERSON:
        if actor.person != matter.person:
            raise NotAllowed(f"Only {matter.person} may {does}.")
    elif row.who not in _NEED_NO_ROLE and not roles_of(actor.person, people).intersection(matter.roles):
        either = joined([page.roles[role].title for role in matter.roles], "or")
        raise NotAllowed(f"Only the {either} may {does}.")
    is_starter = matter.starter is not None and actor.may_be(matter.starter)
    if is_starter and row.starter is Starter.NEVER:
        raise NotAllowed(f"You started this run; another person must {does}.")
    if is_starter and row.starter is Starter.NOT_UNDER_FOUR_EYES and page.runbook.four_eyes:
        raise NotAllowed(f"You started this run; its runbook page requires another person to {does}.")
    for party in row.not_by:
        if any(actor.may_be(other) for other in matter.parties.get(party, ())):
            raise NotAllowed(_TOOK_PART[party].format(title=matter.title))


def require_door(act: Act, actor: Actor, title: str = "") -> None:
    """Raise NotAllowed unless an act may be done through this door, and by somebody of this name.

    For an act that every member of the channel may do, this is the whole check; it reads no page.
    """
    row = PERMISSIONS[act]
    if actor.door not in row.doors:
        raise NotAllowed(f"Nobody may {row.does.format(title=title)} from here.")
    if row.real_person and not _is_real(actor):
        name = actor.person.strip() or "Nobody"
        raise NotAllowed(f"{name} is no person; only a person may {row.does.format(title=title)}.")


def parties_of(record: Record, step: str, attempt: int) -> Parties:
    """Who refused an attempt, whose fix of it was refused, and who was first: who answered for it, asked for an early
    KEEP, or said why to start all the same."""
    if step == GATE:
        return {Party.FIRST: tuple(_person_at_door(one.by) for one in objections(record))}
    answer = record.newest(StepAnswer, step=step, attempt=attempt)
    first = record.newest(EarlyKeep) if step == DECISION else answer
    about = [fact for fact in record.facts if isinstance(fact, Signature | StepAnswer)]
    about = [fact for fact in about if (fact.step, fact.attempt) == (step, attempt)]
    return {
        Party.FIRST: (first.by,) if first else (),
        Party.REFUSER: tuple(fact.by for fact in about if isinstance(fact, Signature) and fact.refused),
        Party.FIXER: tuple(fact.by for fact in about if isinstance(fact, StepAnswer) and fact.choice is Choice.DONE),
    }


def _person_at_door(by: Actor) -> Actor:
    """Who decided what the bot then did in their name, at the door where they did."""
    return replace(by, door=Door.TERMINAL if by.account else Door.SLACK) if by.door is Door.BOT else by


def barred(page: Page, record: Record, act: Act, step: str, attempt: int) -> frozenset[str]:
    """Who must not do an act although their role may: for what they did before, or because they started the run."""
    row, parties = PERMISSIONS[act], parties_of(record, step, attempt)
    people = {actor.person for party in row.not_by for actor in parties.get(party, ())}
    if row.starter is Starter.NEVER or (row.starter is Starter.NOT_UNDER_FOUR_EYES and page.runbook.four_eyes):
        people.add(record.run.started_by.person)
    return frozenset(people)


def retriers(record: Record, step: str, attempt: int, role: str) -> tuple[Actor, ...]:
    """Who ran a step again after a role had refused it, while that role has signed no later attempt.

    The person who refused is left out: they may run it again and sign it.
    """
    signed = [
        fact
        for fact in record.facts
        if isinstance(fact, Signature) and (fact.step, fact.role) == (step, role) and fact.attempt < attempt
    ]
    if not signed or not signed[-1].refused:
        return ()
    refused = signed[-1]
    return tuple(
        fact.by
        for fact in record.facts
        if isinstance(fact, StepAnswer) and fact.step == step and fact.choice is Choice.RETRY
        if refused.attempt <= fact.attempt < attempt and not fact.by.may_be(refused.by)
    )


def _is_real(actor: Actor) -> bool:
    name = actor.person
    if actor.door is Door.TERMINAL and actor.account and not actor.claimed:
        return True  # a system user may be called like the bot
    return bool(name.strip()) and actor.door is not BOT.door and name != BOT.person and not is_user_group(name)
