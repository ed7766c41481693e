"""A workspace with the real slack-bolt connected to it, for the tests."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager, nullcontext
from dataclasses import dataclass
from typing import Any

import pytest
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.app.async_app import AsyncApp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.rehearsal.workspace import Person, Workspace

STARTER = Person("U01STARTER", "Somchai", "Deployer")
LEAD = Person("U02LEAD", "Araya", "Tech lead")
Block = dict[str, Any]


@dataclass
class Box:
    """A running workspace, the bolt app in it, and the client both use."""

    workspace: Workspace
    app: AsyncApp
    client: AsyncWebClient

    async def post(self, text: str = "hello", **more: Any) -> str:
        """Post in the channel; the message's ts."""
        answer = await self.client.chat_postMessage(channel="C01DEPLOY", text=text, **more)
        return str(answer["ts"])


@asynccontextmanager
async def open_box(*, sockets: bool = True, **settings: Any) -> AsyncIterator[Box]:
    """A workspace with a bolt app, connected over Socket Mode unless told otherwise."""
    workspace = Workspace([STARTER, LEAD], **settings)
    await workspace.start()
    client = AsyncWebClient(token=workspace.bot_token, base_url=workspace.api_url)
    app = AsyncApp(client=client, signing_secret="secret")
    try:
        async with _link(app, workspace) if sockets else nullcontext():
            yield Box(workspace, app, client)
    finally:
        await workspace.stop()


@asynccontextmanager
async def _link(app: AsyncApp, workspace: Workspace) -> AsyncIterator[None]:
    handler = AsyncSocketModeHandler(app, workspace.app_token, ping_interval=1)
    try:
        await handler.connect_async()  # type: ignore[no-untyped-call]
        await workspace.connected()
        yield
    finally:
        await handler.close_async()  # type: ignore[no-untyped-call]
        await handler.client.aiohttp_client_session.close()


def run(test: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Run one test's coroutine."""
    asyncio.run(test())


async def refusal(calling: Coroutine[Any, Any, Any]) -> dict[str, Any]:
    """The body of a call that Slack refuses."""
    with pytest.raises(SlackApiError) as caught:
        await calling
    return dict(caught.value.response.data)


def section(text: str = "a section") -> Block:
    """A paragraph."""
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}}


def button(action_id: str = "go", **more: Any) -> Block:
    """A row with one button."""
    made = {
        "type": "button",
        "action_id": action_id,
        "text": {"type": "plain_text", "text": "Go"},
        "value": "1",
        **more,
    }
    return {"type": "actions", "elements": [made]}


def modal(**more: Any) -> Block:
    """A modal with one required field."""
    field = {"type": "plain_text_input", "action_id": "why", "max_length": 20}
    label = {"type": "plain_text", "text": "Why?"}
    return {
        "type": "modal",
        "callback_id": "ask",
        "title": {"type": "plain_text", "text": "Hold"},
        "submit": {"type": "plain_text", "text": "Hold"},
        "blocks": [{"type": "input", "block_id": "reason", "label": label, "element": field}],
        **more,
    }
