"""What speaks against a start, which then needs a reason and a second person's agreement."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from enum import StrEnum

from commands.runbook.page import Page
from commands.runbook.people import People, is_user_group
from commands.signoff.waiting import roles_to_agree
from commands.start.request import StartRequest
from commands.text.typed import typed
from state.errors import NeedsReason, Refused, ToolError
from state.facts import Actor, StartObjection
from state.frozen import dataclass

FOLLOWS_KEEP = "run {} was kept, and its page starts this one"
NEXT = "To start all the same, give a reason; then a second person must agree before anything begins."


class ObjectionSort(StrEnum):
    """What can speak against a start."""

    FREEZE = "freeze"
    LOCK = "lock"
    BAD_BUILD = "bad build"
    OPTION = "option"


@dataclass(frozen=True, kw_only=True)
class Objection:
    """One thing that speaks against a start. `summary` is a whole sentence: what, since or until when, by whom, why.

    `roles` are the roles of the page of which somebody must agree; empty for any role of it.
    """

    sort: ObjectionSort
    summary: str
    roles: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Considered:
    """What was found about a start: the objections, and `notes` on what was looked at, or could not be."""

    objections: tuple[Objection, ...] = ()
    notes: tuple[str, ...] = ()

    def beside(self, objections: tuple[Objection, ...]) -> Considered:
        """The same with more objections."""
        return replace(self, objections=(*self.objections, *objections))


@dataclass(frozen=True, kw_only=True)
class Intent:
    """A start that is being considered: who wants to start which release of a page, and when.

    `found` is what the preflight has found, as pairs of a name and a text.
    """

    page: Page
    ref: str
    actor: Actor
    at: datetime
    request: StartRequest
    found: tuple[tuple[str, str], ...] = ()


# looks for one sort of objection; what it cannot look at is a note, never silence
Objector = Callable[[Intent], Considered]


def consider(objectors: Iterable[Objector], intent: Intent) -> Considered:
    """Ask all of them. One that fails is a note: it neither accuses nor clears."""
    found: list[Objection] = []
    notes: list[str] = []
    for objector in objectors:
        try:
            considered = objector(intent)
        except ToolError as error:
            notes.append(f"Not checked: {error}")
            continue
        found += considered.objections
        notes += considered.notes
    return Considered(objections=tuple(dict.fromkeys(found)), notes=tuple(dict.fromkeys(notes)))


def require_reason(page: Page, found: Sequence[Objection], reason: str) -> str:
    """The reason as it is kept; "" if nothing speaks against the start. Raises NeedsReason, which lists what does."""
    if not found:
        return ""
    if not reason.strip():
        listed = "\n".join(f"• {objection.summary}" for objection in found)
        raise NeedsReason(f"{page.title} was not started. Reasons against it:\n{listed}\n{NEXT}")
    return typed(reason)


def require_second_person(page: Page, people: People, against: Iterable[StartObjection], starter: Actor) -> None:
    """Raise Refused if nobody but the starter, and who gave the reason, may agree to a start: it would wait in vain."""
    for objection in against:
        roles = roles_to_agree(page, objection)
        holders = {person for role in roles for person in people.get(role, ())}
        if not any(is_user_group(person) or person not in {starter.person, objection.person} for person in holders):
            titles = " or ".join(page.roles[role].title for role in roles)
            raise Refused(f"{objection.summary} A second person must agree ({titles}), and nobody else may.")


def facts_of(found: Sequence[Objection], actor: Actor, at: datetime, reason: str) -> tuple[StartObjection, ...]:
    """The objections as the run's record keeps them."""
    return tuple(
        StartObjection(
            by=actor,
            at=at,
            number=number,
            sort=objection.sort,
            summary=objection.summary,
            reason=reason,
            roles=objection.roles,
        )
        for number, objection in enumerate(found)
    )
