"""Which roles a person holds, and whether different people can fill several roles."""

from __future__ import annotations

import pytest

from commands.runbook.people import is_user_group, roles_of, unfilled_roles

PEOPLE = {"dba": frozenset({"U1", "U2"}), "lead": frozenset({"U2"})}


def test_a_person_may_hold_several_roles() -> None:
    assert roles_of("U2", PEOPLE) == {"dba", "lead"}
    assert roles_of("U3", PEOPLE) == frozenset()


@pytest.mark.parametrize(("name", "is_group"), [("S01DBAS", True), ("S", False), ("U01S", False), ("sam", False)])
def test_a_user_group_is_known_by_its_id(name: str, is_group: bool) -> None:
    assert is_user_group(name) == is_group


@pytest.mark.parametrize(
    ("dba", "lead", "reviewer", "unfilled"),
    [
        ("U1", "U2", "U3", ()),
        ("U1 U2", "U1", "U3", ()),  # U1 gives way, because U2 is a DBA too
        ("U1 U2", "U1 U3", "U1", ()),  # and so do two in a row
        ("U1", "U1", "U3", ("lead",)),
        ("U1 U2", "U1 U2", "U1 U2", ("reviewer",)),
        ("U1", "U1", "U1", ("lead", "reviewer")),
        ("U1", "S01LEADS", "U1", ("reviewer",)),  # a group that nobody has expanded counts as enough people
        ("", "U1", "U2", ("dba",)),
    ],
)
def test_each_person_fills_one_role_and_as_many_roles_as_possible_are_filled(
    dba: str, lead: str, reviewer: str, unfilled: tuple[str, ...]
) -> None:
    people = {role: frozenset(names.split()) for role, names in (("dba", dba), ("lead", lead), ("reviewer", reviewer))}
    assert unfilled_roles(people, people) == unfilled
