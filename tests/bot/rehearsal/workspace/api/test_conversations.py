"""conversations.*, pins and reactions, as slack_sdk sees them."""

from __future__ import annotations

from bot.rehearsal.workspace import Channel
from tests.bot.rehearsal.workspace.bolt_workspace import CHANNEL, LEAD, open_workspace, refusal, run


def test_metadata_is_returned_only_to_a_call_that_asks_for_it() -> None:
    async def test() -> None:
        async with open_workspace(sockets=False) as slack:
            metadata = {"event_type": "gonogo", "event_payload": {"id": "7"}}
            ts = await slack.post(metadata=metadata)
            plain = await slack.client.conversations_replies(channel=CHANNEL, ts=ts)
            full = await slack.client.conversations_replies(channel=CHANNEL, ts=ts, include_all_metadata=True)
            assert "metadata" not in plain["messages"][0]
            assert full["messages"][0]["metadata"] == metadata

    run(test)


def test_the_history_has_the_newest_first_and_no_replies_but_those_sent_to_the_channel() -> None:
    async def test() -> None:
        async with open_workspace(sockets=False) as slack:
            first = await slack.post("first")
            await slack.post("reply", thread_ts=first)
            await slack.post("to the channel", thread_ts=first, reply_broadcast=True)
            answer = await slack.client.conversations_history(channel=CHANNEL)
            assert [message["text"] for message in answer["messages"]] == ["to the channel", "first"]
            assert answer["messages"][1]["reply_count"] == 2

    run(test)


def test_the_history_can_be_limited_in_time_and_read_page_by_page() -> None:
    async def test() -> None:
        async with open_workspace(sockets=False) as slack:
            stamps = [await slack.post(str(number)) for number in range(4)]
            read = slack.client.conversations_history
            later = await read(channel=CHANNEL, oldest=stamps[1], latest=stamps[3])
            assert [message["text"] for message in later["messages"]] == ["2"]
            with_ends = await read(channel=CHANNEL, oldest=stamps[1], latest=stamps[3], inclusive=True)
            assert [message["text"] for message in with_ends["messages"]] == ["3", "2", "1"]
            page = await read(channel=CHANNEL, limit=3)
            assert (len(page["messages"]), page["has_more"]) == (3, True)
            rest = await read(channel=CHANNEL, limit=3, cursor=page["response_metadata"]["next_cursor"])
            assert ([message["text"] for message in rest["messages"]], rest["has_more"]) == (["0"], False)

    run(test)


def test_a_channel_has_its_members_and_topic_and_direct_conversations_are_not_listed() -> None:
    async def test() -> None:
        async with open_workspace(sockets=False, scopes=["channels:read", "im:write", "channels:write.topic"]) as slack:
            await slack.client.conversations_setTopic(channel=CHANNEL, topic="deploys only")
            opened = await slack.client.conversations_open(users=LEAD.id)
            assert opened["channel"]["id"] == f"D{LEAD.id[1:]}"
            (channel,) = (await slack.client.conversations_list())["channels"]
            assert (channel["id"], channel["topic"], channel["num_members"]) == (CHANNEL, {"value": "deploys only"}, 3)
            members = await slack.client.conversations_members(channel=CHANNEL)
            assert LEAD.id in members["members"]
            assert (await refusal(slack.client.conversations_open(users="U99")))["error"] == "user_not_found"

    run(test)


def test_the_bot_can_join_a_channel() -> None:
    async def test() -> None:
        async with open_workspace(sockets=False) as slack:
            slack.workspace.state.channels["C2"] = Channel("C2", "other", set())
            before = await slack.client.conversations_info(channel="C2")
            await slack.client.conversations_join(channel="C2")
            after = await slack.client.conversations_info(channel="C2")
            assert (before["channel"]["is_member"], after["channel"]["is_member"]) == (False, True)

    run(test)


def test_a_message_is_pinned_and_unpinned_once() -> None:
    async def test() -> None:
        async with open_workspace(sockets=False) as slack:
            ts = await slack.post()
            await slack.client.pins_add(channel=CHANNEL, timestamp=ts)
            assert slack.workspace.messages()[0].pinned
            again = slack.client.pins_add(channel=CHANNEL, timestamp=ts)
            assert (await refusal(again))["error"] == "already_pinned"
            await slack.client.pins_remove(channel=CHANNEL, timestamp=ts)
            gone = slack.client.pins_remove(channel=CHANNEL, timestamp=ts)
            assert (await refusal(gone))["error"] == "no_pin"
            missing = slack.client.pins_add(channel=CHANNEL, timestamp="1.0")
            assert (await refusal(missing))["error"] == "message_not_found"

    run(test)


def test_a_reaction_is_added_and_removed_once() -> None:
    async def test() -> None:
        async with open_workspace(sockets=False) as slack:
            where = {"channel": CHANNEL, "timestamp": await slack.post(), "name": "eyes"}
            await slack.client.reactions_add(**where)
            assert slack.workspace.messages()[0].reactions == {"eyes": ["U0GONOGO"]}
            assert (await refusal(slack.client.reactions_add(**where)))["error"] == "already_reacted"
            await slack.client.reactions_remove(**where)
            assert slack.workspace.messages()[0].reactions == {}
            assert (await refusal(slack.client.reactions_remove(**where)))["error"] == "no_reaction"

    run(test)


def test_the_members_come_page_by_page_with_cursors_that_nobody_can_count_with() -> None:
    async def test() -> None:
        async with open_workspace(sockets=False) as slack:
            read = slack.client.conversations_members
            first = await read(channel=CHANNEL, limit=2)
            cursor = first["response_metadata"]["next_cursor"]
            assert (first["members"], cursor.isdecimal(), "has_more" in first.data) == (
                ["U01STARTER", LEAD.id],
                False,
                False,
            )
            rest = await read(channel=CHANNEL, limit=2, cursor=cursor)
            assert (rest["members"], rest["response_metadata"]["next_cursor"]) == (["U0GONOGO"], "")
            assert (await refusal(read(channel=CHANNEL, cursor="2")))["error"] == "invalid_cursor"

    run(test)


def test_a_private_channel_does_not_exist_for_a_bot_that_is_not_in_it() -> None:
    async def test() -> None:
        async with open_workspace(sockets=False) as slack:
            slack.workspace.add_channel("C02PRIVATE", [LEAD.id], is_private=True)
            body = await refusal(slack.client.conversations_members(channel="C02PRIVATE"))
            assert body["error"] == "channel_not_found"
            slack.workspace.join("U0GONOGO", "C02PRIVATE")
            assert len((await slack.client.conversations_members(channel="C02PRIVATE"))["members"]) == 2

    run(test)


def test_a_channel_says_which_other_workspaces_it_is_shared_with() -> None:
    async def test() -> None:
        async with open_workspace(sockets=False) as slack:
            channel = (await slack.client.conversations_info(channel=CHANNEL))["channel"]
            assert (channel["is_ext_shared"], channel["connected_team_ids"]) == (False, [])
            slack.workspace.change_person(LEAD.id, team="T9OTHER")
            channel = (await slack.client.conversations_info(channel=CHANNEL))["channel"]
            assert (channel["is_ext_shared"], channel["connected_team_ids"]) == (True, ["T9OTHER"])

    run(test)
