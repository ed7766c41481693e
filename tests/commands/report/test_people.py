"""Who did what in a run."""

from __future__ import annotations

import pytest

from commands.report import people
from commands.report.people import ActionKind, person_actions
from state.facts import (
    BOT,
    FACTS,
    DrillBegun,
    EarlyKeepAgreement,
    Fact,
    Lapsed,
    NextRun,
    Note,
    RollbackRequest,
    Surprise,
    TakesPart,
)
from state.facts.queue import Planned, PutOff, QueueMove, StartQuestion
from tests.commands.report.deployed import PAGE, PEOPLE
from tests.pages import NOON, SIGNED, record, said

LAPSED = Lapsed(by=BOT, at=NOON, step="ready", attempt=1, of="answer:ready:1", first="U2", reason="out")


@pytest.mark.parametrize(
    ("fact", "kind"),
    [
        (said("sign", "ready", role="dba", said="yes"), ActionKind.SIGNED),
        (said("sign", "ready", role="dba", said="no"), ActionKind.REFUSED),
        (said("answer", "health", said="again"), ActionKind.RETRIED),
        (said("answer", "health", said="done"), ActionKind.FIXED_BY_HAND),
        (said("answer", "health", said="skip"), ActionKind.SKIPPED),
        (said("answer", "health", said="override"), ActionKind.OVERRULED),
        (said("second", "health"), ActionKind.AGREED),
        (said("second", "health", said="done"), ActionKind.AGREED_TO_FIX),
        (said("second", "health", said="override"), ActionKind.AGREED_TO_OVERRULE),
        (said("early keep"), ActionKind.KEPT_EARLY),
        (said("early keep agreed"), ActionKind.AGREED_TO_KEEP),
        (said("false alarm", "API", said="30 min"), ActionKind.HELD_ALERT),
        (said("hold"), ActionKind.HELD),
        (said("resume"), ActionKind.RESUMED),
        (said("rollback"), ActionKind.ROLLED_BACK),
        (said("keep"), ActionKind.KEPT),
        (said("end"), ActionKind.CLOSED),
        (LAPSED, ActionKind.LAPSED),
    ],
)
def test_each_fact_of_a_person_is_an_action(fact: Fact, kind: ActionKind) -> None:
    (action,) = person_actions(PAGE, record(facts=(fact,)), PEOPLE)
    assert action.kind is kind


def test_what_the_bot_writes_for_itself_is_no_action() -> None:
    own: tuple[Fact, ...] = (said("countdown", "API"), said("recovered", "API"), NextRun(by=BOT, at=NOON, page="b.md"))
    own += (Note(by=BOT, at=NOON, text="a note has its own part of the report"),)
    own += (
        TakesPart(by=BOT, at=NOON),
        DrillBegun(by=BOT, at=NOON),
        Surprise(by=BOT, at=NOON),
    )  # a drill's report has a part for them
    # a queued start has no report; the run that comes of it names who queued it and who said that it begins
    own += (
        Planned(by=BOT, at=NOON),
        StartQuestion(by=BOT, at=NOON, number=1),
        PutOff(by=BOT, at=NOON, number=1, until=""),
    )
    own += (QueueMove(by=BOT, at=NOON, number=1, rank=1.0, reason=""),)
    assert person_actions(PAGE, record(facts=own), PEOPLE) == ()
    no_actions = set(FACTS.values()) - set(people._KINDS)
    assert no_actions == {type(fact) for fact in own}, "a new kind of fact must be an action, or be named here"


def test_a_rollback_that_an_alert_requested_is_an_action_of_the_bot() -> None:
    (action,) = person_actions(PAGE, record(facts=(RollbackRequest(by=BOT, at=NOON, reason="slow"),)), PEOPLE)
    assert (action.person, action.role, action.reason, action.at) == ("gonogo", "", "slow", NOON)


def test_a_signature_names_the_role_that_was_signed_for() -> None:
    actions = person_actions(PAGE, record(facts=SIGNED), PEOPLE)
    assert [(one.person, one.role, one.kind, one.title) for one in actions] == [
        ("U2", "Database Admin", ActionKind.SIGNED, "✅ พร้อมไหม (ready?)"),
        ("U2", "Tech Lead", ActionKind.SIGNED, "✅ พร้อมไหม (ready?)"),
    ]


def test_other_actions_name_all_roles_of_the_person() -> None:
    both = {"lead": frozenset({"U2"}), "dba": frozenset({"U2"}), "gone": frozenset({"U2"})}
    (action,) = person_actions(PAGE, record(facts=(said("hold", reason="wait"),)), both)
    assert (action.role, action.title, action.reason) == ("Database Admin, gone, Tech Lead", "", "wait")


def test_an_action_says_what_it_was_about() -> None:
    facts = (
        said("false alarm", "API", said="30 min"),
        said("second", "health"),
        said("answer", "gone-step", said="skip"),
    )
    titles = [one.title for one in person_actions(PAGE, record(facts=facts), PEOPLE)]
    assert titles == ["“API” for 30 min", "Health", "gone-step"]


def test_an_action_without_a_reason_has_an_empty_one() -> None:
    fact = said("early keep agreed")
    assert isinstance(fact, EarlyKeepAgreement)
    (action,) = person_actions(PAGE, record(facts=(fact,)), PEOPLE)
    assert action.reason == ""
