"""Messages and views in Slack's format: fields are there only when they have a value."""

from __future__ import annotations

from bot.rehearsal.workspace import Message, View
from tests.bot.rehearsal.workspace.bolt_workspace import modal


def test_a_plain_message_has_no_optional_fields() -> None:
    assert Message("C1", "1.0", "U1", "hello").as_slack().keys() == {"type", "user", "ts", "text", "blocks"}


def test_optional_fields_are_there_with_their_values() -> None:
    message = Message("C1", "2.0", "U1", "hello", thread_ts="1.0", broadcast=True, bot_id="B1", edited="3.0")
    message.reactions = {"eyes": ["U1", "U2"]}
    shown = message.as_slack()
    assert (shown["thread_ts"], shown["subtype"], shown["bot_id"]) == ("1.0", "thread_broadcast", "B1")
    assert shown["edited"] == {"user": "U1", "ts": "3.0"}
    assert shown["reactions"] == [{"name": "eyes", "users": ["U1", "U2"], "count": 2}]


def test_metadata_is_returned_only_when_it_was_asked_for() -> None:
    message = Message("C1", "1.0", "U1", "hello", metadata={"event_type": "gonogo"})
    assert "metadata" not in message.as_slack()
    assert message.as_slack(metadata=True)["metadata"] == {"event_type": "gonogo"}


def test_a_view_has_its_ids_its_state_and_defaults_for_what_it_leaves_out() -> None:
    shown = View("V2", "U1", modal(), "hash", "V1", "V1").as_slack({"reason": {}})
    assert (shown["id"], shown["root_view_id"], shown["previous_view_id"], shown["hash"]) == ("V2", "V1", "V1", "hash")
    assert (shown["state"], shown["callback_id"], shown["private_metadata"]) == ({"values": {"reason": {}}}, "ask", "")
