"""Serves Slack until cancelled: client, socket or HTTP port, poster and user groups."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

from aiohttp import WSMessage
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.doors.deps import Deps
from bot.settings import Settings
from bot.slack.acts import Acts
from bot.slack.bolt_app import make_app
from bot.slack.channels import deploy_channels
from bot.slack.directory import Directory
from bot.slack.homes import Homes
from bot.slack.http_mode import http_port
from bot.slack.lanes import Lanes
from bot.slack.limits_count import LimitsCount
from bot.slack.membership import Membership
from bot.slack.outbox.freeze_poster import FreezePoster
from bot.slack.outbox.poster import Poster
from bot.slack.presence import IsOpen, Presence
from bot.slack.shared_app import SharedApp
from bot.slack.user_groups import UserGroups
from bot.tools.proxy import proxy_for
from state.errors import BadSettings

LOG = logging.getLogger("gonogo.slack")
# seconds; with 2 it took up to 2 s to notice a cut socket and 4 s to notice a silent one (python -m tests.bench start)
PING_INTERVAL = 1


async def serve_slack(deps: Deps, settings: Settings, socket: str = "", presence: Presence | None = None) -> None:
    """Serve until cancelled. While Slack is unreachable only messages wait; the bot tries to reconnect for ever.

    `socket` is the address that Slack has already given for the first connection, if it has. `presence` is kept true.

    Raises BadSettings if the address of HTTP mode cannot be used.
    """
    presence = presence or Presence()
    client = make_client(settings, presence)
    groups = UserGroups(client, deps.known_pages, deps.mentions)
    deps = replace(deps, people=groups.people)
    directory = Directory(client, lambda: deploy_channels(deps))
    lanes = Lanes()
    membership = Membership(directory, groups)
    homes = Homes(client, deps, membership, lanes)
    shared = SharedApp()
    app = make_app(client, Acts(deps, membership, lanes, shared), homes, settings.environ, settings.signing_secret)
    if settings.app_token:
        # a record in a file has one bot
        listener = shared.listener() if isinstance(settings.state, Path) else None
        connecting = _socket(app, settings.app_token, socket, listener)
    else:
        connecting = http_port(app, settings)
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(groups.serve())
            group.create_task(directory.serve())
            poster = Poster(client, deps, presence)
            posting = group.create_task(poster.serve())
            telling = group.create_task(FreezePoster(deps, poster.sender).serve())
            group.create_task(homes.serve())
            async with connecting as is_open:
                try:
                    with presence.open_while(is_open):
                        await asyncio.Event().wait()
                finally:  # another bot posts while this one still closes its socket
                    posting.cancel()
                    telling.cancel()
                    await asyncio.wait({posting, telling})
    except* BadSettings as group:
        raise group.exceptions[0] from None
    finally:
        lanes.close()


def make_client(settings: Settings, presence: Presence | None = None) -> AsyncWebClient:
    """The Web API client. It retries nothing by itself: the sender must see every attempt, to post nothing twice."""
    client = AsyncWebClient(
        token=settings.bot_token,
        base_url=_with_slash(settings.api_url),
        timeout=10,
        retry_handlers=[LimitsCount(presence)] if presence else [],
    )
    client.proxy = proxy_for(settings.api_url, settings.environ)
    return client


@asynccontextmanager
async def _socket(
    app: AsyncApp, token: str, address: str, listener: Callable[[WSMessage], Awaitable[None]] | None
) -> AsyncIterator[IsOpen]:
    handler = AsyncSocketModeHandler(app, token, ping_interval=PING_INTERVAL)
    handler.client.proxy = app.client.proxy
    handler.client.wss_uri = address or None
    if listener:
        handler.client.on_message_listeners.append(listener)
    try:  # from here on: a client that never connected holds an open session, too
        await handler.connect_async()  # type: ignore[no-untyped-call]  # retries by itself, for ever
        LOG.info("connected to Slack over Socket Mode")
        yield handler.client.is_connected
    finally:
        await handler.close_async()  # type: ignore[no-untyped-call]


def _with_slash(url: str) -> str:
    return url if url.endswith("/") else f"{url}/"
