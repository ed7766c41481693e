"""Who holds a role in one run now: the page's people, and what was handed over in it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta

from commands.progress.drill import players
from commands.runbook.people import People, is_user_group
from state.facts import HandoverEnd, HandoverOffer, HandoverResult
from state.frozen import dataclass
from state.records import Record

OFFER_LASTS = timedelta(minutes=30)


@dataclass(frozen=True, kw_only=True)
class Handover:
    """An offer with its end; `end` is None while nobody has answered it."""

    offer: HandoverOffer
    end: HandoverEnd | None

    @property
    def taken(self) -> bool:
        """Whether the other person has taken the role over."""
        return self.end is not None and self.end.result == HandoverResult.TAKEN

    @property
    def expires_at(self) -> datetime:
        """When nobody may take it over any more."""
        return self.offer.at + OFFER_LASTS

    def is_open(self, now: datetime) -> bool:
        """Whether it may still be taken over."""
        return self.end is None and now < self.expires_at


def handovers(record: Record) -> tuple[Handover, ...]:
    """Every offer of a run, in order."""
    ends = {fact.number: fact for fact in record.facts if isinstance(fact, HandoverEnd)}
    offers = (fact for fact in record.facts if isinstance(fact, HandoverOffer))
    return tuple(Handover(offer=offer, end=ends.get(offer.number)) for offer in offers)


def handover(record: Record, number: int) -> Handover | None:
    """The offer with this number."""
    return next((one for one in handovers(record) if one.offer.number == number), None)


def taken_over(record: Record, until: datetime | None = None) -> tuple[HandoverOffer, ...]:
    """The offers that were taken over (by this moment), in the order in which that was done."""
    offers = {one.offer.number: one.offer for one in handovers(record)}
    ends = (fact for fact in record.facts if isinstance(fact, HandoverEnd) and fact.result == HandoverResult.TAKEN)
    return tuple(offers[end.number] for end in ends if end.number in offers and (until is None or end.at <= until))


def holders(
    people: People, record: Record, absent: Collection[str] = (), until: datetime | None = None
) -> dict[str, frozenset[str]]:
    """Who holds each role in this run now, or at a moment; without those who are `absent`.

    `people` are those of the page. Whoever takes a role over has the place of the person who gave it.
    """
    now = {role: set(held) for role, held in players(people, record).items()}
    for offer in taken_over(record, until):
        if offer.role in now:
            now[offer.role].discard(offer.person)
            now[offer.role].add(offer.to)
    return {role: frozenset(held.difference(absent)) for role, held in now.items()}


def mentions_in_run(mentions: Mapping[str, Sequence[str]], people: People, record: Record) -> dict[str, list[str]]:
    """Whom to mention for each role in this run.

    A user group that the giver was a member of is replaced by its members as far as `people` knows them: mentioning it
    would call who has gone home.
    """
    now = {role: list(names) for role, names in mentions.items()}
    if record.run.drill:
        now = {role: sorted(held) for role, held in players(people, record).items()}
    for offer in taken_over(record):
        names = now.get(offer.role, [])
        if offer.person not in names:
            members = sorted(name for name in people.get(offer.role, ()) if not is_user_group(name))
            names = members if offer.person in members else names
        others = [name for name in names if name not in {offer.person, offer.to}]
        now[offer.role] = [offer.to, *others]
    return now


def given_away(people: People, record: Record) -> frozenset[str]:
    """The roles that are not held by the page's own people in this run."""
    return frozenset(role for role, held in holders(people, record).items() if held != players(people, record)[role])
