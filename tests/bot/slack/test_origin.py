"""Where a press, a command or a form came from, by its payload alone."""

from __future__ import annotations

import json

import pytest

from bot.slack.origin import HOME, Origin, origin_of, origin_of_home

COMMAND = {"user_id": "U1", "team_id": "T1", "channel_id": "C1"}
PRESS = {
    "user": {"id": "U1", "team_id": "T2"},
    "team": {"id": "T1"},
    "enterprise": None,
    "container": {"channel_id": "C1"},
    "channel": {"id": "C1"},
}
FORM = {
    "user": {"id": "U1", "team_id": "T1"},
    "team": None,
    "view": {"private_metadata": json.dumps({"channel": "C1"})},
}


@pytest.mark.parametrize(
    ("body", "origin"),
    [
        (COMMAND, Origin(person="U1", channel="C1", teams=frozenset({"T1"}))),
        (
            {**COMMAND, "enterprise_id": "E1"},
            Origin(person="U1", channel="C1", teams=frozenset({"T1"}), enterprise="E1"),
        ),
        (PRESS, Origin(person="U1", channel="C1", teams=frozenset({"T1", "T2"}))),
        (
            {**PRESS, "channel": None, "enterprise": {"id": "E1"}},
            Origin(person="U1", channel="C1", teams=frozenset({"T1", "T2"}), enterprise="E1"),
        ),
        (FORM, Origin(person="U1", channel="C1", teams=frozenset({"T1"}))),
        ({**FORM, "view": {"private_metadata": ""}}, Origin(person="U1", channel="", teams=frozenset({"T1"}))),
        ({}, Origin(person="", channel="", teams=frozenset())),
        (
            {**FORM, "team": {"id": "T1"}, "view": {"type": "home"}},
            Origin(person="U1", channel=HOME, teams=frozenset({"T1"})),
        ),
        (
            {**FORM, "view": {"type": "modal", "private_metadata": json.dumps({"channel": HOME})}},
            Origin(person="U1", channel=HOME, teams=frozenset({"T1"})),
        ),
    ],
)
def test_the_payload_names_person_channel_and_every_workspace(body: dict[str, object], origin: Origin) -> None:
    assert origin_of(body) == origin


def test_a_home_that_was_opened_names_its_person_and_the_workspace() -> None:
    body = {"team_id": "T1", "enterprise_id": "E1", "event": {"type": "app_home_opened", "user": "U1"}}
    origin = origin_of_home(body)
    assert origin == Origin(person="U1", channel=HOME, teams=frozenset({"T1"}), enterprise="E1")
    assert origin.on_home
    assert not origin_of(COMMAND).on_home
