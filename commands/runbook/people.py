"""Who holds which role, and the checks that only some people may do something."""

from __future__ import annotations

from collections.abc import Mapping

from commands.runbook.page import Page
from state.errors import NotAllowed
from state.facts import Actor
from state.records import Run

# role -> the people who hold it
People = Mapping[str, frozenset[str]]


def roles_of(person: str, people: People) -> frozenset[str]:
    """The roles that a person holds."""
    return frozenset(role for role, holders in people.items() if person in holders)


def require_role(actor: Actor, roles: tuple[str, ...], people: People, page: Page, what: str) -> str:
    """The first of `roles` that the person holds. Raises NotAllowed, which names the roles that may do it."""
    held = roles_of(actor.person, people)
    for role in roles:
        if role in held:
            return role
    titles = " or ".join(page.roles[role].title for role in roles)
    raise NotAllowed(f"Only the {titles} may {what}.")


def require_not_starter(actor: Actor, run: Run, page: Page) -> None:
    """Raise NotAllowed if the person started the run and the page requires another person to sign."""
    if page.runbook.four_eyes and actor.may_be(run.started_by):
        raise NotAllowed("You started this run; its runbook page requires another person to sign.")
