"""A workspace server with the real slack-bolt connected to it."""

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
CHANNEL = "C01DEPLOY"
Block = dict[str, Any]


@dataclass
class BoltWorkspace:
    """A running workspace, the bolt app that is connected to it, and the client that both use."""

    workspace: Workspace
    app: AsyncApp
    client: AsyncWebClient

    async def post(self, text: str = "hello", **more: Any) -> str:
        """Post in the channel as the bot; returns the message's ts."""
        answer = await self.client.chat_postMessage(channel=CHANNEL, text=text, **more)
        return str(answer["ts"])

    async def open_modal(self, person: Person = STARTER, **more: Any) -> str:
        """Open a modal for a person; returns the view's id."""
        trigger = self.workspace.state.tokens.new_trigger(person.id)
        answer = await self.client.views_open(trigger_id=trigger, view=modal(**more))
        return str(answer["view"]["id"])


@asynccontextmanager
async def open_workspace(*, sockets: bool = True, **settings: Any) -> AsyncIterator[BoltWorkspace]:
    """A workspace with a bolt app, connected over Socket Mode; with `sockets=False` not connected."""
    workspace = Workspace([STARTER, LEAD], **settings)
    await workspace.start()
    client = AsyncWebClient(token=workspace.bot_token, base_url=workspace.api_url)
    app = AsyncApp(client=client, signing_secret="secret")
    try:
        async with _connect(app, workspace) if sockets else nullcontext():
            yield BoltWorkspace(workspace, app, client)
    finally:
        await workspace.stop()


@asynccontextmanager
async def _connect(app: AsyncApp, workspace: Workspace) -> AsyncIterator[None]:
    handler = AsyncSocketModeHandler(app, workspace.app_token, ping_interval=1)
    try:
        await handler.connect_async()  # type: ignore[no-untyped-call]
        await workspace.connected()
        yield
    finally:
        await handler.close_async()  # type: ignore[no-untyped-call]
        await handler.client.aiohttp_client_session.close()


def run(test: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Run a test's coroutine."""
    asyncio.run(test())


async def refusal(call: Coroutine[Any, Any, Any]) -> dict[str, Any]:
    """The answer to a call that the workspace must refuse."""
    with pytest.raises(SlackApiError) as refused:
        await call
    return dict(refused.value.response.data)


def received_commands(app: AsyncApp) -> list[str]:
    """A list that fills with the text of each /deploy command that the app receives and acknowledges."""
    received: list[str] = []

    @app.command("/deploy")
    async def deploy(ack: Any, command: dict[str, str]) -> None:
        await ack()
        received.append(command["text"])

    return received


def section(text: str = "a section") -> Block:
    """A paragraph."""
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}}


def button(action_id: str = "go", **more: Any) -> Block:
    """A row with one button."""
    element = {
        "type": "button",
        "action_id": action_id,
        "text": {"type": "plain_text", "text": "Go"},
        "value": "1",
        **more,
    }
    return {"type": "actions", "elements": [element]}


def modal(**more: Any) -> Block:
    """A modal with one required field, `why` in the block `reason`, of at most 20 characters."""
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
