"""Who holds which role, and whether different people can fill several roles."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

# role -> the people who hold it
People = Mapping[str, frozenset[str]]
_PERSON = re.compile(r"[UW][A-Z0-9]{1,20}")
_USER_GROUP = re.compile(r"S[A-Z0-9_]+")


def roles_of(person: str, people: People) -> frozenset[str]:
    """The roles that a person holds."""
    return frozenset(role for role, holders in people.items() if person in holders)


def is_person(name: str) -> bool:
    """Whether an id is that of a person in Slack."""
    return _PERSON.fullmatch(name) is not None


def is_user_group(name: str) -> bool:
    """Whether an id is that of a Slack user group, and not of a person."""
    return _USER_GROUP.fullmatch(name) is not None


def unfilled_roles(roles: Iterable[str], people: People) -> tuple[str, ...]:
    """The roles that stay empty when as many as possible get a person of their own, each person one role.

    A role with a user group that is not expanded into its members counts as filled.
    """
    place: dict[str, str] = {}  # person -> the role that the person fills

    def fill(role: str, tried: set[str]) -> bool:
        for person in sorted(people.get(role, frozenset()) - tried):
            tried.add(person)
            if is_user_group(person) or person not in place or fill(place[person], tried):
                place[person] = role
                return True
        return False

    return tuple(role for role in sorted(roles) if not fill(role, set()))
