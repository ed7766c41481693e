"""Response URLs: new, replaced and deleted messages, and their errors."""

from __future__ import annotations

from typing import Any

import aiohttp

from tests.bot.rehearsal.workspace.bolt_workspace import CHANNEL, LEAD, BoltWorkspace, button, open_workspace, run


async def post(slack: BoltWorkspace, body: dict[str, Any], *, ts: str | None = None, name: str = "") -> tuple[int, str]:
    """Post to a new response URL of the lead, or to one of that name; the status and the text of the answer."""
    name = name or slack.workspace.state.tokens.new_response_url(LEAD.id, CHANNEL, ts)
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{slack.workspace.url}hooks/{name}", json=body) as answer,
    ):
        return answer.status, await answer.text()


def test_an_answer_is_visible_to_its_user_only_unless_it_is_for_the_channel() -> None:
    async def test() -> None:
        async with open_workspace(sockets=False) as slack:
            assert await post(slack, {"text": "for you"}) == (200, "ok")
            assert await post(slack, {"text": "for all", "response_type": "in_channel"}) == (200, "ok")
            assert [message.text for message in slack.workspace.ephemerals(LEAD.id)] == ["for you"]
            assert [message.text for message in slack.workspace.messages()] == ["for all"]

    run(test)


def test_the_pressed_message_can_be_replaced_and_deleted() -> None:
    async def test() -> None:
        async with open_workspace(sockets=False) as slack:
            ts = await slack.post(blocks=[button()])
            await post(slack, {"text": "done", "replace_original": True}, ts=ts)
            (message,) = slack.workspace.messages()
            assert (message.ts, message.text, message.blocks) == (ts, "done", [])
            await post(slack, {"delete_original": True}, ts=ts)
            assert slack.workspace.messages() == []

    run(test)


def test_an_answer_to_a_command_is_a_new_message_also_when_it_should_replace() -> None:
    async def test() -> None:
        async with open_workspace(sockets=False) as slack:
            await post(slack, {"text": "new", "replace_original": True})
            assert [message.text for message in slack.workspace.ephemerals(LEAD.id)] == ["new"]

    run(test)


def test_a_url_that_is_unknown_or_used_up_is_refused_with_slacks_error() -> None:
    async def test() -> None:
        async with open_workspace(sockets=False) as slack:
            assert await post(slack, {"text": "x"}, name="nowhere") == (404, "invalid_url")
            name = slack.workspace.state.tokens.new_response_url(LEAD.id, CHANNEL, None)
            answers = [await post(slack, {"text": "x"}, name=name) for _ in range(6)]
            assert answers == [(200, "ok")] * 5 + [(404, "used_url")]

    run(test)


def test_a_message_that_slack_would_refuse_is_answered_with_400() -> None:
    async def test() -> None:
        async with open_workspace(sockets=False) as slack:
            assert await post(slack, {"blocks": [{"type": "marquee"}]}) == (400, "invalid_blocks")
            slack.workspace.faults.outage = True
            assert (await post(slack, {"text": "x"}))[0] == 503

    run(test)
