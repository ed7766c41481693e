"""Messages that Slack refuses: blocks, lengths, attachments and metadata."""

from __future__ import annotations

from typing import Any

import pytest

from tests.bot.rehearsal.workspace.bolt_workspace import CHANNEL, button, open_workspace, refusal, run, section

TABLE = {"type": "table", "rows": [[{"type": "raw_text", "text": "cell"}]]}


def test_invalid_blocks_are_answered_with_slacks_own_body() -> None:
    async def test() -> None:
        async with open_workspace(sockets=False) as slack:
            body = await refusal(slack.post(blocks=[section("x" * 3001)]))
            assert body["error"] == "invalid_blocks"
            assert body["errors"] == [
                "failed to match all allowed schemas [json-pointer:/blocks/0/text]",
                "must be less than 3001 characters [json-pointer:/blocks/0/text/text]",
            ]
            assert body["response_metadata"]["messages"][0].startswith("[ERROR] failed to match")

    run(test)


@pytest.mark.parametrize(
    ("blocks", "error"),
    [
        ([section()] * 51, "no more than 50 items allowed [json-pointer:/blocks]"),
        ([section("")], "must be more than 0 characters [json-pointer:/blocks/0/text/text]"),
        ([button(style=None)], "must provide a string [json-pointer:/blocks/0/elements/0/style]"),
        ([button(block_id="x")], "invalid additional property: block_id [json-pointer:/blocks/0/elements/0]"),
        ([{"type": "marquee"}], "unsupported type: marquee [json-pointer:/blocks/0/type]"),
        ([{"type": "header"}], "missing required field: text [json-pointer:/blocks/0]"),
        ([{"type": "section"}], "missing required field: text [json-pointer:/blocks/0]"),
    ],
)
def test_an_invalid_block_is_named_with_its_place(blocks: list[dict[str, Any]], error: str) -> None:
    async def test() -> None:
        async with open_workspace(sockets=False) as slack:
            assert error in (await refusal(slack.post(blocks=blocks)))["errors"]

    run(test)


def test_two_equal_action_ids_in_one_block_are_refused() -> None:
    async def test() -> None:
        async with open_workspace(sockets=False) as slack:
            row = button()
            row["elements"] *= 2
            (error,) = (await refusal(slack.post(blocks=[row])))["errors"]
            assert '`action_id` "go" already exists' in error

    run(test)


@pytest.mark.parametrize(
    ("message", "error"),
    [
        ({"blocks": [section("x" * 2900)] * 5}, "msg_blocks_too_long"),
        ({"blocks": [TABLE, TABLE]}, "invalid_attachments"),
        ({"attachments": [{"text": "x"}] * 101}, "too_many_attachments"),
        ({"attachments": [{"blocks": [{"type": "marquee"}]}]}, "invalid_attachments"),
        ({"text": ""}, "no_text"),
        ({"metadata": {"event_type": "gonogo"}}, "invalid_metadata_format"),
        ({"metadata": {"event_type": "gonogo", "event_payload": {"x": "x" * 16_000}}}, "metadata_too_large"),
    ],
    ids=["long", "two tables", "attachments", "a block in an attachment", "empty", "metadata", "large metadata"],
)
def test_a_message_that_slack_refuses_is_answered_with_its_error(message: dict[str, Any], error: str) -> None:
    async def test() -> None:
        async with open_workspace(sockets=False) as slack:
            post = slack.client.api_call("chat.postMessage", json={"channel": CHANNEL, "text": "hello", **message})
            assert (await refusal(post))["error"] == error

    run(test)


def test_blocks_without_an_id_get_one() -> None:
    async def test() -> None:
        async with open_workspace(sockets=False) as slack:
            await slack.post(blocks=[section(), {**section(), "block_id": "mine"}])
            assert [block["block_id"] for block in slack.workspace.messages()[0].blocks] == ["b0", "mine"]

    run(test)
