"""Who holds which role, and what only some of them may do."""

from __future__ import annotations

from collections.abc import Mapping

from commands.runbook.page import Page
from state.errors import NotAllowed
from state.facts import Actor
from state.records import Run

# role -> the people who hold it
People = Mapping[str, frozenset[str]]


def roles_of(person: str, people: People) -> frozenset[str]:
    """The roles a person holds."""
    return frozenset(role for role, holders in people.items() if person in holders)


def require_role(actor: Actor, roles: tuple[str, ...], people: People, page: Page, what: str) -> str:
    """One role of `roles` that the person holds. Raises NotAllowed, saying who may do it."""
    held = roles_of(actor.person, people)
    for role in roles:
        if role in held:
            return role
    titles = " or ".join(page.roles[role].title for role in roles)
    raise NotAllowed(f"Only the {titles} may {what}.")


def require_not_starter(actor: Actor, run: Run, page: Page) -> None:
    """Raise NotAllowed where the page wants other people than the starter to sign."""
    if page.runbook.four_eyes and actor.person == run.starter:
        raise NotAllowed("You started this run, and this runbook wants somebody else to sign for it.")
