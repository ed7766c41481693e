"""The endpoint of the Web API: tokens, scopes, unknown methods, and how arguments are read."""

from __future__ import annotations

import json
from typing import Any

import aiohttp
from slack_sdk.web.async_client import AsyncWebClient

from bot.rehearsal.workspace import Workspace
from tests.bot.rehearsal.workspace.bolt_workspace import CHANNEL, STARTER, open_workspace, refusal, run, section


async def call(workspace: Workspace, method: str, **request: Any) -> dict[str, Any]:
    """A call without slack_sdk; the answer's JSON."""
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{workspace.api_url}{method}", **request) as answer,
    ):
        return dict(await answer.json())


def test_a_wrong_token_and_a_missing_scope_are_refused() -> None:
    async def test() -> None:
        async with open_workspace(sockets=False, scopes=["chat:write"]) as slack:
            stranger = AsyncWebClient(token="xoxb-nobody", base_url=slack.workspace.api_url)
            assert (await refusal(stranger.auth_test()))["error"] == "invalid_auth"
            body = await refusal(slack.client.users_info(user=STARTER.id))
            assert (body["error"], body["needed"], body["provided"]) == ("missing_scope", "users:read", "chat:write")

    run(test)


def test_a_call_without_a_token_and_one_with_the_apps_token_are_refused() -> None:
    async def test() -> None:
        async with open_workspace(sockets=False) as slack:
            assert (await call(slack.workspace, "auth.test"))["error"] == "not_authed"
            app = AsyncWebClient(token=slack.workspace.app_token, base_url=slack.workspace.api_url)
            assert (await refusal(app.auth_test()))["error"] == "not_allowed_token_type"

    run(test)


def test_an_unknown_method_is_named() -> None:
    async def test() -> None:
        async with open_workspace(sockets=False) as slack:
            body = await refusal(slack.client.api_call("chat.shout"))
            assert (body["error"], body["req_method"]) == ("unknown_method", "chat.shout")

    run(test)


def test_arguments_are_read_from_a_form_from_json_and_from_the_address() -> None:
    async def test() -> None:
        async with open_workspace(sockets=False) as slack:
            token = slack.workspace.bot_token
            header = {"Authorization": f"Bearer {token}"}
            args = {"channel": CHANNEL, "text": "form", "blocks": json.dumps([section("x")]), "token": token}
            assert (await call(slack.workspace, "chat.postMessage", data=args))["ok"]
            args = {"channel": CHANNEL, "text": "json"}
            assert (await call(slack.workspace, "chat.postMessage", json=args, headers=header))["ok"]
            args = {"channel": CHANNEL, "text": "address"}
            assert (await call(slack.workspace, "chat.postMessage", params=args, headers=header))["ok"]
            messages = slack.workspace.messages()
            assert [message.text for message in messages] == ["form", "json", "address"]
            assert messages[0].blocks[0]["text"]["text"] == "x"

    run(test)


def test_json_that_cannot_be_read_is_refused_by_the_method_and_not_by_a_crash() -> None:
    async def test() -> None:
        async with open_workspace(sockets=False) as slack:
            args = {"channel": CHANNEL, "text": "x", "blocks": "[{", "token": slack.workspace.bot_token}
            assert (await call(slack.workspace, "chat.postMessage", data=args))["error"] == "invalid_blocks"

    run(test)


def test_every_call_is_recorded_with_its_result() -> None:
    async def test() -> None:
        async with open_workspace(sockets=False) as slack:
            await slack.post()
            await refusal(slack.client.chat_postMessage(channel="C9", text="x"))
            assert [(method, ok) for _, method, ok in slack.workspace.calls] == [
                ("chat.postMessage", True),
                ("chat.postMessage", False),
            ]

    run(test)
