"""Which role may be handed over, to whom, and whether an offer is still open."""

from __future__ import annotations

import re
from datetime import datetime

from commands.progress.handovers import OFFER_LASTS, handover, handovers
from commands.progress.step_state import missing_signatures, signatures
from commands.runbook.page import Page
from commands.runbook.people import People, is_person, is_user_group, roles_of, unfilled_roles
from commands.text.durations import format_duration
from state.errors import NotAllowed, Refused, TooLate
from state.facts import BOT, HandoverOffer
from state.records import Record


def role_to_hand_over(page: Page, people: People, person: str, role: str) -> str:
    """The role that somebody hands over, by its name or its title; without one, the only one that they can.

    Raises Refused, which names those that can be.
    """
    allowed = [name for name, box in page.roles.items() if box.handover]
    held = [name for name in allowed if name in roles_of(person, people)]
    if not role:
        if len(held) == 1:
            return held[0]
        if not held:
            raise NotAllowed(f"You hold no role that can be handed over in this run. {_may_be(page, allowed)}")
        raise Refused(f"You hold several roles. Say which one: {', '.join(held)}.")
    name = role_named(page, role)
    if not name:
        raise Refused(f"This page has no role “{role[:40]}”. {_may_be(page, allowed)}")
    if name not in allowed:
        raise Refused(
            f"The page of this run does not let “{page.roles[name].title}” be handed over. {_may_be(page, allowed)} "
            f"For later runs, `handover = true` under [{name}] allows it."
        )
    return name


def role_named(page: Page, words: str) -> str:
    """The role of the page with this name or title; "" if there is none."""
    wanted = _plain(words)
    return next((name for name, box in page.roles.items() if wanted in {_plain(name), _plain(box.title)}), "")


def require_possible(page: Page, record: Record, held: People, offer: HandoverOffer) -> None:
    """Raise Refused for a person who cannot take this role over."""
    role, to = offer.role, offer.to
    title = page.roles[role].title
    if to == offer.person:
        raise Refused(f"You hold “{title}” yourself. Name the person who takes it over.")
    if is_user_group(to):
        raise Refused(f"{to} is a user group. A role is handed over to one person, who accepts it. Name that person.")
    if to == BOT.person or not is_person(to):
        raise Refused(f"“{to[:40]}” is no person in Slack. Name the person who takes “{title}” over.")
    if to in held[role]:
        raise Refused(f"{to} holds “{title}” already.")
    if page.runbook.four_eyes and to == record.run.started_by.person:
        raise Refused(
            f"{to} started this run, and its page lets the starter sign and decide nothing. Name somebody else."
        )
    after = {**held, role: held[role] - {offer.person} | {to}}
    if stuck := _cannot_be_signed(page, record, after) - _cannot_be_signed(page, record, held):
        raise Refused(
            f"Then nobody could sign {', '.join(f'“{step}”' for step in sorted(stuck))}: this page wants a different "
            "person for each role. Name somebody who holds no other role of it."
        )


def _plain(words: str) -> str:
    return re.sub(r"[\s_-]+", " ", words).strip().lower()


def _may_be(page: Page, roles: list[str]) -> str:
    titles = ", ".join(f"“{page.roles[role].title}” ({role})" for role in roles)
    return f"Roles that can be: {titles}." if titles else "Its page lets no role be handed over."


def _cannot_be_signed(page: Page, record: Record, people: People) -> frozenset[str]:
    """The titles of the steps that cannot be signed any more by a person of its own for each role."""
    if not page.runbook.one_person_per_role:
        return frozenset()
    out = {record.run.started_by.person} if page.runbook.four_eyes else set()
    others = {role: held - out for role, held in people.items()}
    stuck = set()
    for step in page.steps:
        attempt = record.last(step.id)
        missing = missing_signatures(record, step, attempt) if attempt else tuple(step.box.roles())
        signed = {one.person for one in signatures(record, attempt)} if attempt else set()
        if missing and unfilled_roles(missing, {role: held - signed for role, held in others.items()}):
            stuck.add(step.title)
    return frozenset(stuck)


def require_no_other(page: Page, record: Record, role: str, now: datetime) -> None:
    """Raise Refused while this role is offered to somebody already."""
    for one in handovers(record):
        if one.offer.role == role and one.is_open(now):
            left = format_duration(round((one.expires_at - now).total_seconds()))
            raise Refused(
                f"“{page.roles[role].title}” is already offered to {one.offer.to}, by {one.offer.person}. "
                f"Withdraw that first, or wait: it expires in {left}."
            )


def require_open(record: Record, number: int, title: str, now: datetime) -> None:
    """Raise TooLate if an offer is over, by an answer or by time."""
    one = handover(record, number)
    if one is None or one.end is not None:
        how = one.end.result if one and one.end else "gone"
        raise TooLate(f"This offer of “{title}” is over: it was {how}. It changes nothing.")
    if not one.is_open(now):
        raise TooLate(f"This offer of “{title}” has expired after {format_duration(OFFER_LASTS)}. Ask for a new one.")
