"""chat.*: posting, editing and deleting messages, as slack_sdk sees it."""

from __future__ import annotations

from bot.rehearsal.workspace import Channel
from tests.bot.rehearsal.workspace.bolt_workspace import CHANNEL, LEAD, STARTER, open_workspace, refusal, run, section


def test_text_without_blocks_removes_the_blocks() -> None:
    async def test() -> None:
        async with open_workspace(sockets=False) as slack:
            ts = await slack.post(blocks=[section()])
            await slack.client.chat_update(channel=CHANNEL, ts=ts, text="plain")
            (message,) = slack.workspace.messages()
            assert (message.text, message.blocks) == ("plain", [])

    run(test)


def test_the_limit_of_an_edit_counts_bytes() -> None:
    async def test() -> None:
        async with open_workspace(sockets=False) as slack:
            ts = await slack.post()
            body = await refusal(slack.client.chat_update(channel=CHANNEL, ts=ts, text="ก" * 1400))
            assert body["error"] == "msg_too_long"

    run(test)


def test_metadata_stays_when_an_edit_does_not_give_any() -> None:
    async def test() -> None:
        async with open_workspace(sockets=False) as slack:
            metadata = {"event_type": "gonogo", "event_payload": {"id": "7"}}
            ts = await slack.post(metadata=metadata)
            await slack.client.chat_update(channel=CHANNEL, ts=ts, text="new")
            assert slack.workspace.messages()[0].metadata == metadata

    run(test)


def test_the_bot_can_neither_edit_nor_delete_a_users_message() -> None:
    async def test() -> None:
        async with open_workspace(sockets=False) as slack:
            message = slack.workspace.say(STARTER.id, "mine")
            edit = slack.client.chat_update(channel=CHANNEL, ts=message.ts, text="yours")
            assert (await refusal(edit))["error"] == "cant_update_message"
            delete = slack.client.chat_delete(channel=CHANNEL, ts=message.ts)
            assert (await refusal(delete))["error"] == "cant_delete_message"

    run(test)


def test_a_channel_that_is_unknown_or_without_the_bot_is_refused() -> None:
    async def test() -> None:
        async with open_workspace(sockets=False) as slack:
            body = await refusal(slack.client.chat_postMessage(channel="C9", text="x"))
            assert body["error"] == "channel_not_found"
            slack.workspace.state.channels["C2"] = Channel("C2", "other", set())
            body = await refusal(slack.client.chat_postMessage(channel="C2", text="x"))
            assert body["error"] == "not_in_channel"

    run(test)


def test_a_reply_to_a_reply_is_refused() -> None:
    async def test() -> None:
        async with open_workspace(sockets=False) as slack:
            first = await slack.post()
            reply = await slack.post("reply", thread_ts=first)
            assert (await refusal(slack.post("too deep", thread_ts=reply)))["error"] == "thread_not_found"
            assert (await refusal(slack.post("nowhere", thread_ts="1.0")))["error"] == "thread_not_found"

    run(test)


def test_a_reply_to_a_deleted_message_follows_its_replies_or_is_posted_to_the_channel() -> None:
    async def test() -> None:
        async with open_workspace(sockets=False) as slack:
            alone, with_reply = await slack.post(), await slack.post()
            await slack.post("reply", thread_ts=with_reply)
            for ts in (alone, with_reply):
                await slack.client.chat_delete(channel=CHANNEL, ts=ts)
                await slack.post(f"after {ts}", thread_ts=ts, reply_broadcast=True)
            found = {message.text: message.thread_ts for message in slack.workspace.messages()}
            assert found == {"reply": with_reply, f"after {alone}": None, f"after {with_reply}": with_reply}
            replies = await slack.client.conversations_replies(channel=CHANNEL, ts=with_reply)
            assert len(replies["messages"]) == 2
            gone = await refusal(slack.client.conversations_replies(channel=CHANNEL, ts=alone))
            assert gone["error"] == "thread_not_found"

    run(test)


def test_an_ephemeral_message_goes_to_a_member_of_the_channel_only() -> None:
    async def test() -> None:
        async with open_workspace(sockets=False) as slack:
            await slack.client.chat_postEphemeral(channel=CHANNEL, user=LEAD.id, text="for you")
            assert [message.text for message in slack.workspace.ephemerals(LEAD.id)] == ["for you"]
            post = slack.client.chat_postEphemeral(channel=CHANNEL, user="U99", text="x")
            assert (await refusal(post))["error"] == "user_not_in_channel"

    run(test)


def test_a_permalink_opens_the_messages_thread_on_the_web_page() -> None:
    async def test() -> None:
        async with open_workspace(sockets=False) as slack:
            first = await slack.post()
            reply = await slack.post("reply", thread_ts=first)
            answer = await slack.client.chat_getPermalink(channel=CHANNEL, message_ts=reply)
            assert answer["permalink"] == f"{slack.workspace.url}?thread={first}&message={reply}"
            missing = slack.client.chat_getPermalink(channel=CHANNEL, message_ts="1.0")
            assert (await refusal(missing))["error"] == "message_not_found"

    run(test)
