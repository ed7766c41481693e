"""What an event says to others: every kind is decided on, and only named fields go out."""

from __future__ import annotations

import json
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from bot.feeds.cloud_event import LONGEST, Mask, cloud_event
from bot.feeds.event_types import EVENT_TYPES, NOT_SENT
from bot.feeds.types_table import types_table
from state.events import EVENTS, EventData, EventKind, event_from
from state.records import Event
from tests.pages import NOON, run

ROOT = Path(__file__).parents[3]
SECRET = "s3cret-w0rd-of-shop"
TYPED_OR_RUN = {
    "reason",
    "note",
    "plan",
    "lines",
    "output",
    "door",
    "press",
    "warnings",
    "command",
    "channel",
    "starter",
}
# what is sent of a person's act, in no field of which a name, a phone number or a typed word may be
HOSTILE = "Ana Lima +66 81 234 5678 rm -rf / "


def sent(data: EventData, text: str = "", environ: dict[str, str] | None = None) -> Any:
    """What is sent of an event, read again; None if nothing is."""
    stored = Event(id=345, run=1, at=NOON, step="deploy", data=data)
    body = cloud_event(run(text=text), stored, Mask(run(text=text), environ or {}))
    return json.loads(body) if body else None


def test_every_kind_of_event_has_a_type_or_is_left_out_on_purpose() -> None:
    assert EVENT_TYPES.keys() | NOT_SENT == set(EventKind)
    assert not EVENT_TYPES.keys() & NOT_SENT
    names = [kind.name for kind in EVENT_TYPES.values()]
    assert len(set(names)) == len(names)
    assert sent(event_from("of a later version", {"a": 1})) is None


@pytest.mark.parametrize("kind", EVENT_TYPES, ids=str)
def test_its_fields_are_fields_of_the_event_and_none_of_them_is_typed_or_run(kind: EventKind) -> None:
    data = EVENTS[kind]
    known = {field.name for field in fields(data)}
    assert set(EVENT_TYPES[kind].fields) <= known
    assert not set(EVENT_TYPES[kind].fields) & TYPED_OR_RUN


def test_the_list_in_the_docs_is_the_codes() -> None:
    table = "\n".join(types_table())
    assert table in (ROOT / "docs" / "events.md").read_text(), "write it anew: python -m bot.feeds.types_table"


def test_a_secret_that_the_runs_page_names_is_masked_in_every_text() -> None:
    ended = event_from("ended", {"title": f"Deploy {SECRET}", "state": "failed", "summary": f"exit 1: {SECRET}"})
    said = sent(ended, text="host = $SHOP_DSN", environ={"SHOP_DSN": SECRET})
    assert said["data"]["summary"] == "exit 1: •••"
    assert SECRET not in json.dumps(said)


def test_the_pages_own_names_stay_though_a_variable_has_the_same_word() -> None:
    ended = event_from("ended", {"title": "Deploy shop-eu", "state": "done", "summary": "shop-eu is up"})
    said = sent(ended, text="host = $SHOP_HOST", environ={"SHOP_HOST": "shop-eu", "OTHER": "deploy"})
    assert (said["data"]["title"], said["data"]["step"]) == ("Deploy shop-eu", "deploy")
    assert said["data"]["summary"] == "••• is up"


@pytest.mark.parametrize(
    ("person", "shown"),
    [("U0123", "U0123"), ("gonogo", "gonogo"), ("Ana Lima", ""), ("U0123 or Ana", ""), ("", "")],
)
def test_a_person_is_a_slack_user_id_or_nothing(person: str, shown: str) -> None:
    stored = {"person": person, "door": f"at the terminal, as {HOSTILE}", "reason": HOSTILE}
    said = sent(event_from("rollback", stored))
    assert said["data"]["person"] == shown
    assert "Lima" not in json.dumps(said)
    assert "5678" not in json.dumps(said)


def test_commands_output_and_notes_are_not_sent() -> None:
    said: dict[str, dict[str, Any]] = {
        "began": {"title": "Deploy", "plan": [HOSTILE]},
        "ended": {"title": "Deploy", "lines": [HOSTILE], "output": HOSTILE},
        "note": {"person": "U1", "summary": HOSTILE, "link": HOSTILE},
        "started": {"title": "Shop", "note": HOSTILE, "warnings": [HOSTILE], "found": [HOSTILE]},
        "next": {"page": "b.md", "why": HOSTILE, "command": HOSTILE, "starter": HOSTILE, "summary": HOSTILE},
    }
    for kind, stored in said.items():
        assert "Ana" not in json.dumps(sent(event_from(kind, stored))), kind


def test_a_long_text_is_cut_and_a_number_that_json_has_not_is_none() -> None:
    ended = sent(event_from("ended", {"summary": "x" * 100_000}))
    assert len(ended["data"]["summary"]) == LONGEST
    assert ended["data"]["summary"].endswith("… (shortened, 100,000 characters)")
    alert = event_from("alert", {"value": float("nan"), "roles": [f"r{n}" for n in range(1000)]})
    assert sent(alert)["data"]["value"] is None
    assert len(sent(alert)["data"]["roles"]) == 50
