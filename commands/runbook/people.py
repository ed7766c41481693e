"""Who acts: a person at a door, and which people hold which role."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from commands.runbook.page import Page
from state.errors import NotAllowed
from state.records import Fact, Run


@dataclass(frozen=True, kw_only=True)
class Who:
    """The person who acts (a Slack user id, or a name typed at the terminal) and the door: "slack" or "terminal"."""

    person: str
    via: str

    def fact(self, kind: str, once: str, at: datetime, *, reason: str = "", **said: Any) -> Fact:
        """What this person says; of the reason, the first 500 characters are kept."""
        return Fact(kind=kind, once=once, person=self.person, via=self.via, at=at, reason=reason[:500], **said)


# what the bot says itself, on an alert
BOT = Who(person="gonogo", via="gonogo")

# role -> the people who hold it
People = Mapping[str, frozenset[str]]


def roles_of(person: str, people: People) -> frozenset[str]:
    """The roles a person holds."""
    return frozenset(role for role, holders in people.items() if person in holders)


def must_hold(who: Who, roles: tuple[str, ...], people: People, page: Page, what: str) -> str:
    """One role of `roles` that the person holds. Raises NotAllowed, saying who may do it."""
    held = roles_of(who.person, people)
    for role in roles:
        if role in held:
            return role
    titles = " or ".join(page.roles[role].title for role in roles)
    raise NotAllowed(f"Only the {titles} may {what}.")


def must_not_be_starter(who: Who, run: Run, page: Page) -> None:
    """Raise NotAllowed where the page wants other people than the starter to sign."""
    if page.runbook.four_eyes and who.person == run.starter:
        raise NotAllowed("You started this run, and this runbook wants somebody else to sign for it.")
