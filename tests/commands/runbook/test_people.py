"""Only those who hold a role may do what needs it; a starter may not sign."""

from __future__ import annotations

import pytest

from commands.runbook.people import require_not_starter, require_role, roles_of
from state.errors import NotAllowed
from state.facts import Actor, Door
from tests.pages import run, small

PEOPLE = {"dba": frozenset({"U1", "U2"}), "lead": frozenset({"U2"})}


def actor(person: str) -> Actor:
    """A person in Slack."""
    return Actor(person=person, door=Door.SLACK)


def test_a_person_may_hold_several_roles() -> None:
    assert roles_of("U2", PEOPLE) == {"dba", "lead"}
    assert roles_of("U3", PEOPLE) == frozenset()


def test_the_first_wanted_role_that_the_person_holds_is_used() -> None:
    assert require_role(actor("U2"), ("lead", "dba"), PEOPLE, small(), "sign") == "lead"
    assert require_role(actor("U1"), ("lead", "dba"), PEOPLE, small(), "sign") == "dba"


def test_a_refusal_names_the_roles_that_may_do_it() -> None:
    with pytest.raises(NotAllowed, match=r"Only the Tech Lead or Database Admin may sign “Ready”\."):
        require_role(actor("U3"), ("lead", "dba"), PEOPLE, small(), "sign “Ready”")


def test_a_starter_may_not_sign_where_the_page_requires_four_eyes() -> None:
    page = small(**{'target = "shop"': 'target = "shop"\nfour_eyes = true'})
    require_not_starter(actor("U2"), run(), page)
    require_not_starter(actor("U1"), run(), small())
    with pytest.raises(NotAllowed, match="You started this run; its runbook page requires another person to sign"):
        require_not_starter(actor("U1"), run(), page)
