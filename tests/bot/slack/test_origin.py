"""Where a press, a command or a form came from, by its payload alone."""

from __future__ import annotations

import json

import pytest

from bot.slack.origin import Origin, origin_of

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
    ],
)
def test_the_payload_names_person_channel_and_every_workspace(body: dict[str, object], origin: Origin) -> None:
    assert origin_of(body) == origin
