"""Facts: every kind is known, each has the key that makes it unique, and reasons are cut."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from state import facts
from state.facts import BOT, FACTS, Actor, Choice, Door, Fact, FactKind, StepAnswer, shortened
from tests.pages import NOON

CUT = "x" * 471 + "… (shortened, 501 characters)"

U1 = Actor(person="U1", door=Door.SLACK)
ATTEMPT: dict[str, Any] = {"step": "copy", "attempt": 2}
COUNTDOWN: dict[str, Any] = {"alert": "slow", "number": 3}
# the stored keys: a fact of an older file must not be stored again under another key
KEYS: dict[str, tuple[FactKind, dict[str, Any]]] = {
    "sign:copy:2:dba": (FactKind.SIGNATURE, {**ATTEMPT, "role": "dba"}),
    "answer:copy:2": (FactKind.ANSWER, {**ATTEMPT, "choice": Choice.SKIP}),
    "answer:copy:2:refused": (FactKind.ANSWER, {**ATTEMPT, "choice": Choice.RETRY, "after_refusal": True}),
    "second:copy:2": (FactKind.AGREEMENT, ATTEMPT),
    "second:copy:2:refused": (FactKind.AGREEMENT, {**ATTEMPT, "choice": Choice.OVERRIDE}),
    "early keep": (FactKind.EARLY_KEEP, {"reason": "quiet"}),
    "early keep agreed": (FactKind.EARLY_KEEP_AGREEMENT, {}),
    "early keep:1": (FactKind.EARLY_KEEP, {"reason": "quiet", "number": 1}),
    "answer:copy:2:1": (FactKind.ANSWER, {**ATTEMPT, "choice": Choice.SKIP, "number": 1}),
    "lapsed:answer:copy:2": (FactKind.LAPSED, {**ATTEMPT, "of": "answer:copy:2", "first": "U1", "reason": "out"}),
    "takes part:U1": (FactKind.TAKES_PART, {}),
    "drill begun": (FactKind.DRILL_BEGUN, {}),
    "surprise": (FactKind.SURPRISE, {"sealed": "a1:b2"}),
    "note:V1": (FactKind.NOTE, {"text": "slow", "form": "V1"}),
    "objection:4": (FactKind.START_OBJECTION, {"number": 4, "sort": "freeze", "summary": "frozen", "reason": "urgent"}),
    "start agreed:U1": (FactKind.START_AGREEMENT, {"covers": (0, 1)}),
    "handover offered:1": (FactKind.HANDOVER_OFFER, {"number": 1, "role": "dba", "to": "U2"}),
    "handover ended:1": (FactKind.HANDOVER_END, {"number": 1, "result": "declined"}),
    "hold:4": (FactKind.HOLD, {"number": 4}),
    "environment:4": (FactKind.ENVIRONMENT, {"number": 4}),
    "resume:4": (FactKind.RESUME, {"number": 4}),
    "rollback": (FactKind.ROLLBACK, {}),
    "keep": (FactKind.KEEP, {}),
    "end": (FactKind.CLOSED, {"reason": "abandoned"}),
    "next": (FactKind.NEXT_RUN, {"page": "option-b.md"}),
    "countdown:slow:3": (FactKind.COUNTDOWN, {**COUNTDOWN, "seen": "9 s"}),
    "false alarm:slow:3": (FactKind.ALERT_HOLD, {**COUNTDOWN, "lasts": timedelta(minutes=30), "reason": "a test"}),
    "planned": (FactKind.PLANNED, {"planned": ""}),
    "start question:2": (FactKind.START_QUESTION, {"number": 2}),
    "put off:2": (FactKind.PUT_OFF, {"number": 2, "until": "2026-11-23T12:15:00+00:00"}),
    "queue move:1": (FactKind.QUEUE_MOVE, {"number": 1, "rank": 1.5, "reason": "the bank waits"}),
    "recovered:slow:3": (FactKind.COUNTDOWN_END, {**COUNTDOWN, "why": "well again"}),
}


def make(kind: FactKind, fields: dict[str, Any]) -> Fact:
    return FACTS[kind](by=U1, at=NOON, **fields)


@pytest.mark.parametrize("key", KEYS)
def test_the_key_of_a_fact_is_its_stored_kind_and_what_it_is_about(key: str) -> None:
    fact = make(*KEYS[key])
    assert fact.key == key
    assert type(fact).kind is KEYS[key][0]
    assert fact.person == "U1"


def test_every_kind_has_its_class_and_every_class_its_kind() -> None:
    assert set(FACTS) == set(FactKind), "a kind without a class could not be read back"
    assert {kind for kind, _ in KEYS.values()} == set(FactKind), "a kind is missing in this test"
    classes = {
        value for value in vars(facts).values() if isinstance(value, type) and issubclass(value, Fact) and value != Fact
    }
    assert set(FACTS.values()) == classes


def test_the_same_fact_by_another_person_or_with_another_reason_has_the_same_key() -> None:
    first = StepAnswer(by=U1, at=NOON, **ATTEMPT, choice=Choice.SKIP, reason="late")
    other = StepAnswer(by=BOT, at=NOON + timedelta(hours=1), **ATTEMPT, choice=Choice.RETRY)
    assert first.key == other.key


def test_the_bot_acts_under_its_own_name_and_door() -> None:
    assert (BOT.person, BOT.door) == ("gonogo", Door.BOT)


@pytest.mark.parametrize(
    ("reason", "stored"),
    [
        ("  late \n", "late"),
        (" ", ""),
        ("x" * 501, CUT),
        ("x" * 500, "x" * 500),
        ("", ""),
    ],
)
def test_a_reason_is_stripped_first_and_then_cut_to_500_characters(reason: str, stored: str) -> None:
    assert shortened(reason) == stored


def in_slack(person: str) -> Actor:
    return Actor(person=person, door=Door.SLACK)


def at_terminal(person: str, account: str = "") -> Actor:
    """A person at the terminal, as a system user."""
    return Actor(person=person, door=Door.TERMINAL, account=account)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (in_slack("U1"), in_slack("U1"), True),
        (in_slack("U1"), in_slack("U2"), False),
        (in_slack("U1"), at_terminal("U1", "ana@web1"), True),
        (in_slack("U1"), at_terminal("U2", "ana@web1"), False),
        (at_terminal("U1", "ana@web1"), at_terminal("U2", "ana@web1"), True),
        (at_terminal("U1", "ana@web1"), at_terminal("U2", "ana@web2"), True),
        (at_terminal("U1", "ana@web1"), at_terminal("U2", "ben@web1"), False),
        (at_terminal("U1"), at_terminal("U2", "ben@web1"), True),
        (at_terminal("U1"), at_terminal("U2"), True),
    ],
)
def test_two_acts_of_one_slack_user_or_of_one_system_user_are_never_two_people(
    one: Actor, other: Actor, same: bool
) -> None:
    assert one.may_be(other) is same
    assert other.may_be(one) is same
