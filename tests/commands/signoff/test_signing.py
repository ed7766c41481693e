"""In which roles one press signs: in all that the person holds, or on some pages in one only."""

from __future__ import annotations

import pytest

from commands.signoff.actions import RunActions
from commands.signoff.signing import still_needed
from state.errors import NotAllowed, TooLate
from state.facts import Actor, Door
from state.sqlite.store import Store
from tests.commands.signoff.night import DBA, LEAD, PEOPLE, Night
from tests.pages import NOON, small

ONE_ROLE = {'target = "shop"': 'target = "shop"\none_person_per_role = true'}
OTHER = Actor(person="UOTHER", door=Door.SLACK)


def gate(store: Store, dba: str, lead: str, *, starter: str = "U1", page: dict[str, str] | None = None) -> Night:
    """A gate that waits for a DBA and a lead, on a page where one person signs in one role."""
    night = Night(store, small(**(page or ONE_ROLE)), starter=starter)
    people = {"dba": frozenset(dba.split()), "lead": frozenset(lead.split())}
    night.actions = RunActions(store, night.page, night.run.id, people)
    night.attempt("ready")
    return night


def test_who_holds_two_roles_signs_in_one_and_another_person_signs_in_the_other(store: Store) -> None:
    night = gate(store, "UDBA", "UDBA ULEAD")
    assert night.actions.sign("ready", 1, DBA, NOON) == ("dba",)
    assert still_needed(night.page, night.record, "ready") == "Tech Lead"
    words = (
        r"You have signed “✅ พร้อมไหม \(ready\?\)” as Database Admin\. "
        r"On this page one person signs in one role only\. Still needed: Tech Lead, signed by somebody else\."
    )
    night.changes_nothing(lambda: night.actions.sign("ready", 1, DBA, NOON), NotAllowed, words)
    assert night.actions.sign("ready", 1, LEAD, NOON) == ("lead",)


def test_the_role_is_the_one_that_leaves_the_other_to_somebody_who_can_sign_it(store: Store) -> None:
    night = gate(store, "UDBA UOTHER", "UDBA")
    assert night.actions.sign("ready", 1, DBA, NOON) == ("lead",), "nobody else holds that role"
    assert night.actions.sign("ready", 1, OTHER, NOON) == ("dba",)


def test_the_starter_who_must_not_sign_is_not_counted_on_for_the_other_role(store: Store) -> None:
    four_eyes = {'target = "shop"': 'target = "shop"\none_person_per_role = true\nfour_eyes = true'}
    night = gate(store, "UDBA UOTHER", "UDBA USTART", starter="USTART", page=four_eyes)
    assert night.actions.sign("ready", 1, DBA, NOON) == ("lead",)


def test_a_refusal_is_still_in_all_roles_of_the_person_and_open_to_who_has_signed(store: Store) -> None:
    night = gate(store, "UDBA", "UDBA ULEAD")
    night.actions.sign("ready", 1, DBA, NOON)
    assert night.actions.sign("ready", 1, DBA, NOON, refused=True, reason="I was wrong") == ("lead",)
    both = gate(Store(store.path.with_name("both.db")), "UDBA", "UDBA")
    assert both.actions.sign("ready", 1, DBA, NOON, refused=True, reason="no") == ("dba", "lead")


def test_two_clicks_at_the_same_moment_sign_in_one_role(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    night = gate(store, "UDBA", "UDBA ULEAD")
    before = night.record
    night.actions.sign("ready", 1, DBA, NOON)
    facts = night.record.facts
    monkeypatch.setattr(store, "record", lambda _: before)
    with pytest.raises(TooLate, match="has been signed meanwhile"):
        night.actions.sign("ready", 1, DBA, NOON)
    monkeypatch.undo()
    assert night.record.facts == facts


def test_who_lost_a_role_in_the_meantime_signs_no_more_in_it(night: Night) -> None:
    RunActions(night.store, night.page, night.run.id, {**PEOPLE, "dba": frozenset({"UDBA", "UOTHER"})})
    night.changes_nothing(lambda: night.actions.sign("ready", 1, OTHER, NOON), NotAllowed, "Only the Database Admin or")
