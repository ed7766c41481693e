"""The payloads that the bot receives, field by field where the bot or bolt reads them."""

from __future__ import annotations

from typing import Any

import pytest

from bot.rehearsal.workspace import Message, payloads
from bot.rehearsal.workspace.server import Workspace
from tests.bot.rehearsal.workspace.bolt_workspace import LEAD, STARTER, modal

WORKSPACE = Workspace([STARTER, LEAD])
STATE = WORKSPACE.state
CHANNEL = STATE.channels["C01DEPLOY"]


def test_a_slash_command_has_its_text_user_channel_and_a_response_url_of_its_own() -> None:
    first, second = (payloads.slash_command(STATE, LEAD, CHANNEL, "/deploy", "start now") for _ in range(2))
    assert (first["command"], first["text"], first["user_id"], first["channel_id"]) == (
        "/deploy",
        "start now",
        LEAD.id,
        CHANNEL.id,
    )
    assert first["response_url"] != second["response_url"]
    assert first["trigger_id"] != second["trigger_id"]


def test_a_command_in_a_direct_conversation_says_so() -> None:
    direct = STATE.direct_channel(LEAD.id)
    assert payloads.slash_command(STATE, LEAD, direct, "/deploy", "")["channel_name"] == "directmessage"


def test_a_press_in_a_thread_has_the_message_and_its_thread() -> None:
    message = Message(CHANNEL.id, "2.0", "U0GONOGO", "hello", thread_ts="1.0")
    payload = payloads.message_action(STATE, LEAD, message, {"action_id": "go"})
    assert payload["container"] == {
        "type": "message",
        "message_ts": "2.0",
        "channel_id": CHANNEL.id,
        "is_ephemeral": False,
        "thread_ts": "1.0",
    }
    assert (payload["message"]["ts"], payload["actions"]) == ("2.0", [{"action_id": "go"}])


def test_a_press_in_an_ephemeral_message_has_no_message() -> None:
    message = Message(CHANNEL.id, "2.0", "U0GONOGO", "hello", only_for=LEAD.id)
    payload = payloads.message_action(STATE, LEAD, message, {})
    assert payload["container"]["is_ephemeral"]
    assert "message" not in payload, "Slack sends no ephemeral message back"


def test_the_trigger_of_a_press_in_a_modal_belongs_to_that_modal() -> None:
    view = STATE.new_view(LEAD.id, modal())
    payload = payloads.view_action(STATE, LEAD, view, {}, {"reason": {}})
    assert STATE.tokens.triggers[payload["trigger_id"]].view_id == view.id
    assert payload["view"]["state"] == {"values": {"reason": {}}}


def test_a_submitted_and_a_closed_form_have_their_kind() -> None:
    view = STATE.new_view(LEAD.id, modal())
    submitted = payloads.view_submission(STATE, LEAD, view, {"reason": {}})
    closed = payloads.view_closed(STATE, LEAD, view, cleared=True)
    assert (submitted["type"], submitted["view"]["callback_id"]) == ("view_submission", "ask")
    assert (closed["type"], closed["is_cleared"]) == ("view_closed", True)


def test_events_have_different_ids() -> None:
    first, second = (payloads.event_callback(STATE, {"type": "app_mention"}) for _ in range(2))
    assert first["event"] == {"type": "app_mention"}
    assert first["event_id"] != second["event_id"]


OPTIONS = [{"value": "a", "text": {}}, {"value": "b", "text": {}}]


@pytest.mark.parametrize(
    ("element", "value", "state"),
    [
        ({"type": "plain_text_input"}, "x", {"value": "x"}),
        ({"type": "plain_text_input", "initial_value": "old"}, None, {"value": "old"}),
        ({"type": "users_select", "initial_user": "U1"}, None, {"selected_user": "U1"}),
        ({"type": "multi_users_select"}, None, {"selected_users": []}),
        ({"type": "static_select", "options": OPTIONS}, "b", {"selected_option": OPTIONS[1]}),
        ({"type": "static_select"}, None, {"selected_option": None}),
        ({"type": "checkboxes", "options": OPTIONS}, ["a", "b"], {"selected_options": OPTIONS}),
        ({"type": "static_select", "option_groups": [{"options": OPTIONS}]}, "a", {"selected_option": OPTIONS[0]}),
        ({"type": "datepicker"}, "2026-11-23", {"selected_date": "2026-11-23"}),
    ],
)
def test_the_state_of_an_element_has_slacks_field_for_its_value(
    element: dict[str, Any], value: Any, state: Any
) -> None:
    assert payloads.element_state(element, value) == {"type": element["type"], **state}


def test_an_option_that_is_not_offered_is_named() -> None:
    with pytest.raises(ValueError, match="static_select page offers no option 'c'"):
        payloads.option_of({"type": "static_select", "action_id": "page", "options": OPTIONS}, "c")


def test_in_a_shared_channel_the_payload_names_the_workspace_of_the_person() -> None:
    workspace = Workspace([STARTER, LEAD], enterprise="E1")
    workspace.change_person(LEAD.id, team="T9OTHER", enterprise="E2")
    state = workspace.state
    person, channel = state.people[LEAD.id], state.channels["C01DEPLOY"]
    command = payloads.slash_command(state, person, channel, "/deploy", "status")
    assert (command["team_id"], command["enterprise_id"]) == ("T9OTHER", "E2")
    form = payloads.view_submission(state, person, state.new_view(LEAD.id, modal()), {})
    assert (form["user"]["team_id"], form["team"]["id"], form["enterprise"]["id"]) == ("T9OTHER", "T9OTHER", "E2")
    assert form["view"]["app_installed_team_id"] == "T01REHEARSAL"
    assert payloads.event_callback(state, {"channel": channel.id})["is_ext_shared_channel"]
    own = payloads.slash_command(state, STARTER, channel, "/deploy", "status")
    assert (own["team_id"], own["enterprise_id"]) == ("T01REHEARSAL", "E1")
