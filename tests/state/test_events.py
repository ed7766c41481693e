"""Events: what is stored is read back as the same value, also as earlier versions stored it."""

from __future__ import annotations

import json
from dataclasses import MISSING, fields
from typing import Any

import pytest

from state.events import (
    EVENTS,
    AlertRaised,
    Ask,
    EventData,
    EventKind,
    NextRunReported,
    PeopleAsked,
    RunMoved,
    RunStarted,
    StepAgreed,
    StepAnswered,
    StepEnded,
    StepSigned,
    UnknownEvent,
    event_from,
)
from state.facts import Choice

SAMPLES = {"str": "words", "int": 7, "float": 2.5, "bool": True, "tuple[str, ...]": ("a", "b")}


def sample(kind: type[EventData]) -> EventData:
    """An event of a kind with a value in every field that is not the field's default."""
    values: dict[str, Any] = {field.name: SAMPLES.get(str(field.type), (("dba", "a"),)) for field in fields(kind)}
    return kind(**values)


def stored(data: EventData) -> dict[str, Any]:
    """What is read back from the file after the event was written."""
    back: dict[str, Any] = json.loads(json.dumps(data.to_stored()))
    return back


@pytest.mark.parametrize("kind", EVENTS)
def test_an_event_is_read_back_as_it_was_written(kind: str) -> None:
    written = sample(EVENTS[kind])
    assert written.stored_kind == kind
    if kind == "answered":  # a choice is one of three words, and anything else is none
        written = StepAnswered(**{**written.to_stored(), "choice": "skip"})
    assert event_from(kind, stored(written)) == written


@pytest.mark.parametrize("kind", EVENTS)
def test_an_event_of_which_little_was_stored_gets_defaults(kind: str) -> None:
    assert event_from(kind, {"a field that this version does not know": 1}) == EVENTS[kind]()
    assert all(field.default is not MISSING for field in fields(EVENTS[kind]))


def test_every_kind_has_its_class() -> None:
    assert {*EVENTS, EventKind.UNKNOWN.value} == {kind.value for kind in EventKind}


def test_an_event_of_an_unknown_kind_is_kept_as_stored() -> None:
    fields_ = {"title": "Moon", "phase": 3}
    data = event_from("eclipse", fields_)
    assert data == UnknownEvent(name="eclipse", stored=fields_)
    assert (data.stored_kind, data.to_stored()) == ("eclipse", fields_)


# -- as earlier versions stored them --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "old", "data"),
    [
        ("ended", {"says": "exit 1"}, StepEnded(summary="exit 1")),
        ("next", {"says": "it began", "page": "b.md"}, NextRunReported(summary="it began", page="b.md")),
        ("moved", {"stays": ["the page", "rows"]}, RunMoved(left=("the page", "rows"))),
        ("started", {"warnings": ["late"], "person": "U1"}, RunStarted(warnings=("late",), person="U1")),
        ("alert", {"attempt": 3}, AlertRaised(number=3)),
        ("alert", {"number": 4, "attempt": 3}, AlertRaised(number=4)),
        ("signed", {"said": "no", "role": "dba"}, StepSigned(refused=True, role="dba")),
        ("signed", {"said": "yes"}, StepSigned(refused=False)),
        ("signed", {"refused": True}, StepSigned(refused=True)),
        ("seconded", {"said": "", "attempt": 0, "person": "U2"}, StepAgreed(attempt=0, person="U2")),
        ("wanted", {}, PeopleAsked(ask=Ask.SIGN)),
        ("wanted", {"kind": "decide"}, PeopleAsked(ask=Ask.DECIDE)),
        ("wanted", {"kind": "decide", "ask": "sign"}, PeopleAsked(ask=Ask.SIGN)),
        ("wanted", {"kind": "second", "attempt": 0}, PeopleAsked(ask=Ask.AGREE, attempt=1)),
        ("wanted", {"attempt": 2}, PeopleAsked(attempt=2)),
        ("wanted", {"items": [{"role": "dba", "text": "a"}]}, PeopleAsked(items=(("dba", "a"),))),
        ("wanted", {"items": [["dba", "a"], ["lead", "b"]]}, PeopleAsked(items=(("dba", "a"), ("lead", "b")))),
        ("wanted", {"asked_items": ["a", "b"]}, PeopleAsked(asked_items=("a", "b"))),
    ],
)
def test_an_event_of_an_earlier_version_is_read(kind: str, old: dict[str, Any], data: EventData) -> None:
    assert event_from(kind, old) == data


@pytest.mark.parametrize("choice", list(Choice))
def test_an_answer_that_was_stored_as_said_is_its_choice(choice: Choice) -> None:
    assert event_from("answered", {"said": choice.value, "attempt": 2}) == StepAnswered(choice=choice, attempt=2)
    assert event_from("answered", {"choice": choice.value}) == StepAnswered(choice=choice)


def test_an_early_keep_that_was_stored_as_an_answer_has_no_choice() -> None:
    assert event_from("answered", {"said": "keep", "reason": "quiet"}) == StepAnswered(choice="", reason="quiet")
