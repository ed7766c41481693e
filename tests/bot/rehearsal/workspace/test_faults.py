"""The faults of the Web API, as slack_sdk sees them."""

from __future__ import annotations

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError

from tests.bot.rehearsal.workspace.bolt_workspace import open_workspace, refusal, run, section


def test_a_lost_answer_leaves_the_message_in_the_channel() -> None:
    async def test() -> None:
        async with open_workspace(sockets=False) as slack:
            slack.workspace.faults.lost_answers = 1
            with pytest.raises(SlackApiError) as refused:
                await slack.post("once")
            assert refused.value.response.status_code == 500
            assert [message.text for message in slack.workspace.messages()] == ["once"]
            await slack.post("twice")

    run(test)


def test_an_outage_answers_503_and_posts_nothing() -> None:
    async def test() -> None:
        async with open_workspace(sockets=False) as slack:
            slack.workspace.faults.outage = True
            with pytest.raises(SlackApiError) as refused:
                await slack.post()
            assert refused.value.response.status_code == 503
            assert slack.workspace.messages() == []

    run(test)


def test_an_outage_can_drop_connections_without_an_answer() -> None:
    async def test() -> None:
        async with open_workspace(sockets=False) as slack:
            slack.workspace.faults.outage = slack.workspace.faults.outage_drops = True
            with pytest.raises(aiohttp.ClientError):
                await slack.post()

    run(test)


def test_a_429_has_the_seconds_to_wait_and_hits_as_many_calls_as_were_set() -> None:
    async def test() -> None:
        async with open_workspace(sockets=False) as slack:
            slack.workspace.faults.rate_limited, slack.workspace.faults.retry_after = 1, 7
            with pytest.raises(SlackApiError) as refused:
                await slack.post()
            assert (refused.value.response.status_code, refused.value.response.headers["Retry-After"]) == (429, "7")
            await slack.post()

    run(test)


def test_blocks_are_refused_as_often_as_was_set() -> None:
    async def test() -> None:
        async with open_workspace(sockets=False) as slack:
            slack.workspace.faults.refuse_blocks = 1
            assert (await refusal(slack.post(blocks=[section()])))["error"] == "invalid_blocks"
            await slack.post(blocks=[section()])

    run(test)


def test_one_method_can_fail_or_be_slow_while_all_others_work() -> None:
    async def test() -> None:
        async with open_workspace(sockets=False) as slack:
            slack.workspace.faults.errors = {"users.info": "ratelimited", "auth.test": "fatal_error"}
            with pytest.raises(SlackApiError) as refused:
                await slack.client.users_info(user="U01STARTER")
            assert (refused.value.response.status_code, refused.value.response.headers["Retry-After"]) == (429, "1")
            assert (await refusal(slack.client.auth_test()))["error"] == "fatal_error"
            slack.workspace.faults.delays = {"chat.postMessage": 0.1}
            await slack.post()

    run(test)
