"""What the people of the roles cannot do is said before the run waits for it in vain."""

from __future__ import annotations

import pytest

from commands.start.people_warnings import people_lines, people_warnings
from tests.pages import small

ONE_ROLE = {'target = "shop"': 'target = "shop"\none_person_per_role = true'}
FOUR_EYES = {'target = "shop"': 'target = "shop"\nfour_eyes = true'}
GATE = (
    "“✅ พร้อมไหม (ready?)” needs 2 different people, one for each of Database Admin, Tech Lead; "
    "these roles have too few. Name more people in SHOP_DBA, SHOP_LEAD."
)
SECOND = (
    "Too few people hold a role: nobody can agree as a second person, to a skip or to an early KEEP; "
    "give one to a second person."
)


def people(dba: str, lead: str) -> dict[str, frozenset[str]]:
    """The people of both roles, with spaces between them."""
    return {"dba": frozenset(dba.split()), "lead": frozenset(lead.split())}


@pytest.mark.parametrize(
    ("dba", "lead", "warnings"),
    [
        ("U1", "U2", ()),
        ("U1", "U1 U2", ()),
        ("U1", "U1", (GATE, SECOND)),
        ("U1", "S01LEADS", ()),
        ("S01LEADS", "S01LEADS", ()),
        ("", "U1", ()),  # that has an error of its own
    ],
)
def test_one_person_in_two_roles_that_each_want_a_person_of_their_own(
    dba: str, lead: str, warnings: tuple[str, ...]
) -> None:
    assert people_warnings(small(**ONE_ROLE), people(dba, lead)) == warnings


def test_where_one_person_may_sign_for_both_only_the_second_person_is_missing() -> None:
    assert people_warnings(small(), people("U1", "U1")) == (SECOND,)
    assert people_warnings(small(), people("U1", "U2")) == ()


def test_the_starter_is_left_out_where_the_page_requires_four_eyes() -> None:
    named = people("U1 U3", "U2")
    assert people_warnings(small(**FOUR_EYES), named, starter="U1") == ()
    assert people_warnings(small(), people("U1 U3", "U2"), starter="U2") == ()
    assert people_warnings(small(**FOUR_EYES), named, starter="U2") == (
        "Nobody but the starter can sign “✅ พร้อมไหม (ready?)” as Tech Lead, and the starter must not.",
        "Nobody but the starter can resume the run or decide KEEP as Tech Lead, and the starter must not.",
    )


def test_the_doctor_does_not_call_people_enough_that_it_could_not_count() -> None:
    (line,) = people_lines(small(), people("", "U1"))
    assert str(line) == (
        "warn  roles: Not checked whether there are enough people: Database Admin has nobody yet. "
        "Name them in SHOP_DBA."
    )


def test_the_doctor_says_it_as_warnings_or_that_all_is_well() -> None:
    assert [str(line) for line in people_lines(small(), people("U1", "U2"))] == [
        "ok    roles: enough different people for every signature"
    ]
    assert [str(line) for line in people_lines(small(**ONE_ROLE), people("U1", "U1"))] == [
        f"warn  roles: {GATE}",
        f"warn  roles: {SECOND}",
    ]
