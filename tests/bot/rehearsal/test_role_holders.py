"""Every role of the shipped pages has a holder, and the bot's environment names each of them."""

from __future__ import annotations

from bot.rehearsal.role_holders import PEOPLE, ROLE_HOLDERS, STARTER, role_environment
from bot.settings import read_pages, shipped_runbooks


def test_every_role_of_the_shipped_pages_has_a_holder() -> None:
    roles = {role for page in read_pages(shipped_runbooks()).values() for role in page.roles}
    assert roles <= ROLE_HOLDERS.keys(), f"roles without a holder: {sorted(roles - ROLE_HOLDERS.keys())}"


def test_the_environment_has_each_holders_id_and_a_phone_number_of_their_own() -> None:
    environment = role_environment()
    assert environment["GONOGO_DBA"] == ROLE_HOLDERS["dba"].id
    phones = [environment[f"GONOGO_{role.upper()}_PHONE"] for role in ROLE_HOLDERS]
    assert len(set(phones)) == len(ROLE_HOLDERS), "two people have the same phone number"


def test_the_starter_holds_no_role() -> None:
    assert STARTER not in ROLE_HOLDERS.values(), "two different people must sign, and the starter is neither"
    assert len({person.id for person in PEOPLE}) == len(PEOPLE)
