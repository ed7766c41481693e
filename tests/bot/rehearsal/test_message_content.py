"""What a person finds in a message: text, buttons, mentions, and the fields of a form."""

from __future__ import annotations

from typing import Any

from bot.rehearsal.message_content import action_ids, channel_contents, content, filled_form, mentions
from bot.rehearsal.workspace import Message, Workspace
from tests.bot.rehearsal.workspace.bolt_workspace import STARTER, button, section


def field(block_id: str, **element: Any) -> dict[str, Any]:
    return {"type": "input", "block_id": block_id, "element": {"action_id": "answer", **element}}


def test_the_content_is_the_text_and_the_blocks_with_all_letters_readable() -> None:
    message = Message("C1", "1.0", "U1", "fallback", [section("สวัสดี 🚀")])
    assert "สวัสดี 🚀" in content(message)
    assert content(message).endswith("fallback")


def test_the_channel_is_read_with_its_threads() -> None:
    workspace = Workspace([STARTER])
    for text, thread in (("first", None), ("reply", "1.0")):
        workspace.state.post(Message("C01DEPLOY", workspace.state.new_ts(), "U1", text, thread_ts=thread))
    assert [text.removeprefix("[]") for text in channel_contents(workspace)] == ["first", "reply"]


def test_people_are_mentioned_in_the_order_of_the_text() -> None:
    assert mentions("<@U2> asks <@U1>, see <https://example.com>") == ["U2", "U1"]


def test_the_buttons_of_all_rows_are_found() -> None:
    assert action_ids([section(), button("sign"), button("refuse")]) == {"sign", "refuse"}


def test_a_form_is_filled_in_but_its_choices_keep_their_initial_option() -> None:
    blocks = [section(), field("reason"), field("minutes", initial_option={"value": "15"})]
    assert filled_form(blocks, "because") == {"reason": {"answer": "because"}}
