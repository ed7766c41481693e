"""Handing a role over for one run: offer, take over, decline, withdraw."""

from __future__ import annotations

from datetime import datetime

from commands.progress.handovers import OFFER_LASTS, Handover, handover, handovers
from commands.runbook.page import Page
from commands.signoff.events import asked_of_role
from commands.signoff.handover_rules import require_no_other, require_open, require_possible, role_to_hand_over
from commands.signoff.permission_check import Matter, require_permission
from commands.signoff.permissions import Act
from commands.signoff.run_access import RunAccess
from commands.signoff.waiting import waiting_for
from commands.text.actors import door_in_words
from commands.text.durations import format_duration
from commands.text.typed import typed
from state.errors import Refused, TooLate
from state.events import HandoverEnded, HandoverOffered
from state.facts import BOT, Actor, HandoverEnd, HandoverOffer, HandoverResult
from state.records import NewEvent, Record
from state.store import RecordStore

_ACTS = {
    HandoverResult.TAKEN: Act.TAKE_OVER,
    HandoverResult.DECLINED: Act.DECLINE,
    HandoverResult.WITHDRAWN: Act.WITHDRAW,
}


class HandoverActions(RunAccess):
    """A place in a role goes from one person to another, for this run, when the other one accepts."""

    def offer(self, role: str, to: str, actor: Actor, reason: str, at: datetime, press: str = "") -> str:
        """Offer the actor's place in a role to another person; returns the reply.

        Without a role it is the only one that the actor can hand over. Whether that person may act in the channel at
        all is for the door to ask.
        """
        record = self._active_record()
        if again := _pressed_before(record, press):
            return _offered_text(self.page, again)
        self._require_part(actor, record, [name for name, box in self.page.roles.items() if box.handover])
        role = role_to_hand_over(self.page, self.holders(record), actor.person, role)
        fact = HandoverOffer(
            by=actor, at=at, number=len(handovers(record)) + 1, role=role, to=to, reason=typed(reason), press=press
        )

        def allowed(record: Record) -> bool:
            self._require_active(record)
            self._require(Act.HAND_OVER, actor, record, (role,), title=self.page.roles[role].title)
            require_possible(self.page, record, self.holders(record), fact)
            require_no_other(self.page, record, role, at)
            return True

        allowed(record)
        offered = HandoverOffered(
            person=actor.person,
            door=door_in_words(actor),
            number=fact.number,
            role=role,
            title=self.page.roles[role].title,
            to=to,
            reason=fact.reason,
        )
        if not self.store.add_fact(self.run, fact, NewEvent(data=offered), only_if=allowed):
            raise TooLate("Another role was offered at the same moment. Offer this one again.")
        return _offered_text(self.page, fact)

    def take_over(self, number: int, actor: Actor, at: datetime) -> str:
        """Take over the role of an offer; returns the reply. What waits for the role is asked again."""
        return self._end(number, HandoverResult.TAKEN, actor, at)

    def decline(self, number: int, actor: Actor, at: datetime) -> str:
        """Decline an offer; returns the reply."""
        return self._end(number, HandoverResult.DECLINED, actor, at)

    def withdraw(self, number: int, actor: Actor, at: datetime) -> str:
        """Withdraw one's own offer; returns the reply."""
        return self._end(number, HandoverResult.WITHDRAWN, actor, at)

    def _end(self, number: int, result: HandoverResult, actor: Actor, at: datetime) -> str:
        one = handover(self.store.record(self.run), number)
        if one is None:
            raise Refused(f"Run {self.run} has no such offer. Use /deploy status instead.")
        title, act = self.page.roles[one.offer.role].title, _ACTS[result]

        def allowed(record: Record) -> bool:
            self._require_active(record)
            person = one.offer.person if act is Act.WITHDRAW else one.offer.to
            starter = record.run.started_by
            matter = Matter(person=person, starter=starter, title=title)
            require_permission(act, actor, self.page, self.holders(record), matter)
            require_open(record, number, title, at)
            if act is Act.TAKE_OVER:
                self._require_still_held(record, one.offer, title)
                require_possible(self.page, record, self.holders(record), one.offer)
            return True

        record = self.store.record(self.run)
        if _is_repeated(record, number, result, actor):
            return _ended_text(result, title, one.offer)
        allowed(record)
        events = [NewEvent(data=ended(self.page, record, one.offer, result, door_in_words(actor)))]
        if result is HandoverResult.TAKEN:
            events += asked_of_role(self.page, record, one.offer.role, number)
        fact = HandoverEnd(by=actor, at=at, number=number, result=result.value)
        if not self.store.add_fact(self.run, fact, *events, only_if=allowed):
            raise TooLate(f"The offer of “{title}” has been answered meanwhile.")
        return _ended_text(result, title, one.offer)

    def _require_still_held(self, record: Record, offer: HandoverOffer, title: str) -> None:
        if offer.person not in self.holders(record)[offer.role]:
            raise Refused(f"{offer.person} no longer holds “{title}”, so nobody can take it over from there.")


def ended(page: Page, record: Record, offer: HandoverOffer, result: HandoverResult, door: str = "") -> HandoverEnded:
    """The event of an offer's end. Once it is taken over, with what the role is asked for."""
    asked = [one.title for one in waiting_for(page, record) if offer.role in one.roles]
    return HandoverEnded(
        number=offer.number,
        role=offer.role,
        title=page.roles[offer.role].title,
        giver=offer.person,
        taker=offer.to,
        state=result.value,
        door=door,
        waiting=tuple(asked) if result is HandoverResult.TAKEN else (),
    )


def expire(store: RecordStore, page: Page, run: int, record: Record, now: datetime) -> None:
    """Write that an offer has expired, once its time is over."""
    for one in handovers(record):
        if one.end is None and not one.is_open(now):
            fact = HandoverEnd(by=BOT, at=now, number=one.offer.number, result=HandoverResult.EXPIRED.value)
            over = ended(page, record, one.offer, HandoverResult.EXPIRED)
            store.add_fact(run, fact, NewEvent(data=over))


def next_expiry(record: Record) -> datetime | None:
    """When the next offer expires."""
    return min((one.expires_at for one in handovers(record) if one.end is None), default=None)


def _is_repeated(record: Record, number: int, result: HandoverResult, actor: Actor) -> bool:
    """Whether the same person has answered so already: they pressed twice, or Slack delivered one press twice."""
    one: Handover | None = handover(record, number)
    return bool(one and one.end and one.end.result == result and one.end.person == actor.person)


def _pressed_before(record: Record, press: str) -> HandoverOffer | None:
    offers = (one.offer for one in handovers(record))
    return next((offer for offer in offers if press and offer.press == press), None)


def _offered_text(page: Page, offer: HandoverOffer) -> str:
    return (
        f"“{page.roles[offer.role].title}” is offered to {offer.to} in the thread, for "
        f"{format_duration(OFFER_LASTS)}. You hold it until {offer.to} takes it over."
    )


def _ended_text(result: HandoverResult, title: str, offer: HandoverOffer) -> str:
    match result:
        case HandoverResult.TAKEN:
            return f"You hold “{title}” in this run now, in place of {offer.person}. What waits for it is asked again."
        case HandoverResult.DECLINED:
            return f"Declined. {offer.person} still holds “{title}”."
    return f"Withdrawn. You still hold “{title}”."
