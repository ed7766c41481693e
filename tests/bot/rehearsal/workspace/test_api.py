"""What the Web API refuses and how it answers, seen through slack_sdk."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot.rehearsal.workspace import Channel, Workspace
from tests.bot.rehearsal.workspace.box import STARTER, button, modal, open_box, refusal, run, section


def test_invalid_blocks_are_answered_with_slacks_own_body() -> None:
    async def test() -> None:
        async with open_box(sockets=False) as box:
            body = await refusal(box.post(blocks=[section("x" * 3001)]))
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
def test_a_broken_block_is_pointed_at(blocks: list[dict[str, Any]], error: str) -> None:
    async def test() -> None:
        async with open_box(sockets=False) as box:
            assert error in (await refusal(box.post(blocks=blocks)))["errors"]

    run(test)


def test_two_equal_action_ids_in_one_block_are_refused() -> None:
    async def test() -> None:
        async with open_box(sockets=False) as box:
            row = button()
            row["elements"] *= 2
            (error,) = (await refusal(box.post(blocks=[row])))["errors"]
            assert '`action_id` "go" already exists' in error

    run(test)


def test_a_modal_with_a_field_needs_a_submit_button() -> None:
    async def test() -> None:
        async with open_box(sockets=False) as box:
            trigger = box.workspace.team.passes.trigger(STARTER.id)
            view = modal()
            del view["submit"]
            body = await refusal(box.client.views_open(trigger_id=trigger, view=view))
            assert body["error"] == "invalid_arguments"
            assert "submit" in body["response_metadata"]["messages"][0]

    run(test)


def test_a_message_with_too_many_characters_is_refused() -> None:
    async def test() -> None:
        async with open_box(sockets=False) as box:
            assert (await refusal(box.post(blocks=[section("x" * 2900)] * 5)))["error"] == "msg_blocks_too_long"

    run(test)


def test_text_without_blocks_removes_the_blocks() -> None:
    async def test() -> None:
        async with open_box(sockets=False) as box:
            ts = await box.post(blocks=[section()])
            await box.client.chat_update(channel="C01DEPLOY", ts=ts, text="plain")
            (message,) = box.workspace.messages()
            assert (message.text, message.blocks) == ("plain", [])

    run(test)


def test_an_update_counts_its_text_in_bytes() -> None:
    async def test() -> None:
        async with open_box(sockets=False) as box:
            ts = await box.post()
            body = await refusal(box.client.chat_update(channel="C01DEPLOY", ts=ts, text="ก" * 1400))
            assert body["error"] == "msg_too_long"

    run(test)


def test_messages_of_people_cannot_be_changed_by_the_bot() -> None:
    async def test() -> None:
        async with open_box(sockets=False) as box:
            said = box.workspace.say(STARTER.id, "mine")
            body = await refusal(box.client.chat_update(channel="C01DEPLOY", ts=said.ts, text="yours"))
            assert body["error"] == "cant_update_message"

    run(test)


def test_metadata_is_shown_only_to_who_asks() -> None:
    async def test() -> None:
        async with open_box(sockets=False) as box:
            metadata = {"event_type": "gonogo", "event_payload": {"id": "7"}}
            ts = await box.post(metadata=metadata)
            plain = await box.client.conversations_replies(channel="C01DEPLOY", ts=ts)
            full = await box.client.conversations_replies(channel="C01DEPLOY", ts=ts, include_all_metadata=True)
            assert "metadata" not in plain["messages"][0]
            assert full["messages"][0]["metadata"] == metadata

    run(test)


def test_tokens_scopes_and_membership_are_checked() -> None:
    async def test() -> None:
        async with open_box(sockets=False, scopes=["chat:write"]) as box:
            stranger = AsyncWebClient(token="xoxb-nobody", base_url=box.workspace.api_url)
            assert (await refusal(stranger.auth_test()))["error"] == "invalid_auth"
            body = await refusal(box.client.users_info(user=STARTER.id))
            assert (body["error"], body["needed"], body["provided"]) == ("missing_scope", "users:read", "chat:write")
            assert (await refusal(box.client.chat_postMessage(channel="C9", text="x")))["error"] == "channel_not_found"
            box.workspace.team.channels["C2"] = Channel("C2", "other", set())
            assert (await refusal(box.client.chat_postMessage(channel="C2", text="x")))["error"] == "not_in_channel"

    run(test)


def test_a_file_is_shared_into_the_thread_a_moment_later() -> None:
    async def test() -> None:
        async with open_box(sockets=False) as box:
            ts = await box.post()
            await box.client.files_upload_v2(channel="C01DEPLOY", thread_ts=ts, filename="a.log", content="one\ntwo")
            shared = await box.workspace.wait_for(lambda message: bool(message.files), 2)
            assert shared.thread_ts == ts
            assert box.workspace.team.contents[shared.files[0]["id"]] == b"one\ntwo"

    run(test)


def test_groups_need_a_paid_plan() -> None:
    async def test() -> None:
        async with open_box(sockets=False) as box:
            body = await refusal(box.client.usergroups_users_list(usergroup="S1"))
            assert body["error"] == "plan_upgrade_required"
            box.workspace.team.groups["S1"] = [STARTER.id]
            assert (await box.client.usergroups_users_list(usergroup="S1"))["users"] == [STARTER.id]

    run(test)


def test_the_limit_of_edits_is_enforced_and_counted() -> None:
    async def test() -> None:
        async with open_box(sockets=False, strict_rate_limits=True) as box:
            ts = await box.post()
            for number in range(50):
                await box.client.chat_update(channel="C01DEPLOY", ts=ts, text=str(number))
            body = await refusal(box.client.chat_update(channel="C01DEPLOY", ts=ts, text="51"))
            assert body["error"] == "ratelimited"
            assert box.workspace.call_counts.highest_rate("chat.update") == 51

    run(test)


def test_waiting_for_a_message_that_never_comes_times_out() -> None:
    async def test() -> None:
        workspace = Workspace([STARTER])
        with pytest.raises(asyncio.TimeoutError):
            await workspace.wait_for(lambda _: True, 0.01)

    run(test)
