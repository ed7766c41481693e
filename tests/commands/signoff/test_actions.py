"""Signing and refusing a step; and what no action can do."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from commands.signoff.actions import RunActions
from commands.signoff.waiting import waiting_for
from state.errors import NotAllowed, Refused, TooLate
from state.events import StepSigned
from state.facts import Signature
from state.sqlite.store import Store
from tests.commands.signoff.night import DBA, FOUR_EYES, GUEST, LATER, LEAD, PEOPLE, Night
from tests.commands.signoff.samples import DEPLOY, SIGNED_DEPLOY
from tests.pages import NOON, SMALL, payload, small

# the small page has no places and no results before the deploy
EVIDENCE = (("page", hashlib.sha256(SMALL.encode()).hexdigest()),)
HASH = hashlib.sha256(json.dumps(EVIDENCE, separators=(",", ":")).encode()).hexdigest()


def signature(**fields: Any) -> Signature:
    """A signature by the DBA for the small page's gate, as it is stored."""
    about: dict[str, Any] = {"step": "ready", "attempt": 1, "evidence": EVIDENCE, "evidence_hash": HASH}
    return Signature(by=DBA, at=LATER, **about, **fields)


def test_a_signature_is_stored_for_its_role_and_posted(night: Night) -> None:
    assert night.actions.sign("ready", 1, DBA, LATER) == ("dba",)
    assert night.record.facts == (signature(role="dba"),)
    assert night.events == [StepSigned(title="✅ พร้อมไหม (ready?)", role="dba", person="UDBA")]
    assert night.store.events(1)[-1].step == "ready"
    assert [waiting.roles for waiting in waiting_for(night.page, night.record)] == [("lead",)]


def test_the_event_of_a_signature_names_the_attempt(night: Night) -> None:
    night.attempt("ready", "done", 2)
    night.actions.sign("ready", 2, DBA, NOON)
    assert night.events == [StepSigned(title="✅ พร้อมไหม (ready?)", role="dba", person="UDBA", attempt=2)]


def test_a_person_who_holds_several_roles_signs_in_all_that_are_missing(night: Night) -> None:
    both = RunActions(night.store, night.page, 1, {**PEOPLE, "lead": frozenset({"UDBA"}), "cook": frozenset({"UDBA"})})
    assert both.sign("ready", 1, DBA, NOON) == ("dba", "lead")
    assert [fact.key for fact in night.record.facts] == ["sign:ready:1:dba", "sign:ready:1:lead"]


def test_the_wrong_person_may_not_sign(night: Night) -> None:
    words = r"Only the Database Admin or Tech Lead may sign “✅ พร้อมไหม \(ready\?\)” now\."
    night.changes_nothing(lambda: night.actions.sign("ready", 1, GUEST, NOON), NotAllowed, words)


def test_who_has_signed_may_not_sign_for_the_missing_role(night: Night) -> None:
    night.actions.sign("ready", 1, DBA, NOON)
    night.changes_nothing(
        lambda: night.actions.sign("ready", 1, DBA, NOON),
        NotAllowed,
        r"You have signed .* as Database Admin\. Still needed: Tech Lead\.",
    )


def test_a_signature_that_nothing_waits_for_is_too_late(night: Night) -> None:
    words = r"“✅ พร้อมไหม \(ready\?\)” is not waiting for this now; the status shows what is\."
    night.changes_nothing(lambda: night.actions.sign("ready", 2, DBA, NOON), TooLate, words)
    night.actions.sign("ready", 1, DBA, NOON)
    night.actions.sign("ready", 1, LEAD, NOON)
    night.changes_nothing(lambda: night.actions.sign("ready", 1, LEAD, NOON), TooLate, words)


def test_a_failed_step_cannot_be_signed(failed: Night) -> None:
    failed.changes_nothing(
        lambda: failed.actions.sign(DEPLOY, 1, LEAD, NOON), TooLate, "“Put the code there” is not waiting for this"
    )


def test_a_refusal_needs_a_reason(night: Night) -> None:
    words = "Refusing needs a reason, so that the team knows what to fix"
    night.changes_nothing(lambda: night.actions.sign("ready", 1, DBA, NOON, refused=True, reason=" "), Refused, words)
    night.actions.sign("ready", 1, DBA, LATER, refused=True, reason=" no backup ")
    assert night.record.facts == (signature(role="dba", refused=True, reason="no backup"),)
    title = "✅ พร้อมไหม (ready?)"
    assert night.events == [
        StepSigned(title=title, role="dba", person="UDBA", refused=True, reason="no backup"),
    ], "before production has changed, a refusal ends the run, so nothing is asked"


def test_a_signature_may_have_a_reason_of_at_most_500_characters(night: Night) -> None:
    night.actions.sign("ready", 1, DBA, NOON, reason="x" * 501)
    (fact,) = night.record.facts
    assert isinstance(fact, Signature)
    assert (fact.reason, fact.refused) == ("x" * 471 + "… (shortened, 501 characters)", False)


def test_a_refused_change_of_production_asks_what_to_do(store: Store) -> None:
    night = Night(store, small(**SIGNED_DEPLOY))
    night.attempt(DEPLOY)
    night.actions.sign(DEPLOY, 1, DBA, LATER, refused=True, reason="wrong version")
    asked = store.events(night.run.id)[-1]
    assert (payload(asked).ask, payload(asked).roles, asked.at, asked.step) == ("answer", ("lead",), LATER, DEPLOY)


def test_a_signature_asks_nothing_further(store: Store) -> None:
    night = Night(store, small(**SIGNED_DEPLOY))
    night.attempt(DEPLOY)
    night.actions.sign(DEPLOY, 1, DBA, NOON)
    assert [data.stored_kind for data in night.events] == ["signed"]


def test_the_starter_may_not_sign_if_the_page_wants_four_eyes(store: Store) -> None:
    night = Night(store, small(**FOUR_EYES), starter="UDBA")
    night.attempt("ready")
    night.changes_nothing(
        lambda: night.actions.sign("ready", 1, DBA, NOON),
        NotAllowed,
        "You started this run; its runbook page requires another person to sign “✅ พร้อมไหม",
    )
    assert night.actions.sign("ready", 1, LEAD, NOON) == ("lead",)


def test_without_four_eyes_the_starter_may_sign_and_keep(store: Store) -> None:
    night = Night(store, small(), starter="ULEAD")
    night.attempt("ready")
    assert night.actions.sign("ready", 1, LEAD, NOON) == ("lead",)
    night.decide()
    assert night.actions.keep(LEAD, "", NOON) == "You decided KEEP."
