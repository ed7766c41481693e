"""Every role of the shipped pages has a holder, and the bot's environment names each of them."""

from __future__ import annotations

from bot.environment import people_of
from bot.rehearsal.role_holders import PEOPLE, ROLE_HOLDERS, STARTER, STARTER_ROLE, role_environment
from bot.settings import read_pages, shipped_runbooks
from commands.start.people_warnings import people_warnings


def test_every_role_of_the_shipped_pages_has_a_holder() -> None:
    roles = {role for page in read_pages(shipped_runbooks()).values() for role in page.roles}
    assert roles <= ROLE_HOLDERS.keys(), f"roles without a holder: {sorted(roles - ROLE_HOLDERS.keys())}"


def test_the_environment_has_each_holders_id_and_a_phone_number_of_their_own() -> None:
    environment = role_environment()
    assert environment["GONOGO_DBA"] == ROLE_HOLDERS["dba"].id
    phones = [environment[f"GONOGO_{role.upper()}_PHONE"] for role in ROLE_HOLDERS]
    assert len(set(phones)) == len(ROLE_HOLDERS), "two people have the same phone number"


def test_the_starter_holds_a_role_with_somebody_else_who_signs_in_it() -> None:
    environment = role_environment()
    held = [role for role in ROLE_HOLDERS if STARTER.id in environment[f"GONOGO_{role.upper()}"].split(",")]
    assert held == [STARTER_ROLE], "only people with a role may start a run"
    assert environment["GONOGO_DEVOPS"] == f"{ROLE_HOLDERS['devops'].id},{STARTER.id}"
    assert STARTER not in ROLE_HOLDERS.values(), "the starter signs nothing"
    assert len({person.id for person in PEOPLE}) == len(PEOPLE)


def test_the_shipped_pages_want_four_eyes_and_one_person_per_role_and_these_people_can_do_that() -> None:
    for page in read_pages(shipped_runbooks()).values():
        assert (page.runbook.four_eyes, page.runbook.one_person_per_role) == (True, True), page.name
        assert people_warnings(page, people_of(page, role_environment()), starter=STARTER.id) == ()
