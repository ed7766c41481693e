"""Serving Slack: the client, the socket (or the HTTP port), the poster and the groups, until cancelled."""

from __future__ import annotations

import asyncio
import ipaddress
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from urllib.parse import urlsplit

from aiohttp import web
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.doors.deps import Deps
from bot.settings import Settings
from bot.slack.listeners import make_app
from bot.slack.outbox.poster import Poster
from bot.slack.user_groups import UserGroups

LOG = logging.getLogger("gonogo.slack")
PING = 1  # seconds; at 2 the bot was deaf for up to 2 s after a cut and 4 s after silence (python -m tests.bench start)


async def serve_slack(deps: Deps, settings: Settings) -> None:
    """Serve until cancelled. Slack being away delays words only: connecting is tried again without end."""
    client = make_client(settings)
    groups = UserGroups(client, deps.pages, deps.mentions)
    deps = replace(deps, people=groups.people)
    app = make_app(client, deps, settings.signing_secret)
    connecting = _socket(app, settings.app_token) if settings.app_token else _port(app, settings.port)
    async with asyncio.TaskGroup() as group:
        group.create_task(groups.serve())
        group.create_task(Poster(client, deps).serve())
        async with connecting:
            await asyncio.Event().wait()


def make_client(settings: Settings) -> AsyncWebClient:
    """The Web API client. It repeats nothing by itself: the poster must know of every attempt, to post nothing twice."""
    client = AsyncWebClient(
        token=settings.bot_token, base_url=_with_slash(settings.api_url), timeout=10, retry_handlers=[]
    )
    if _is_loopback(settings.api_url):
        client.proxy = None  # slack_sdk takes HTTPS_PROXY for every address and knows no NO_PROXY
    return client


@asynccontextmanager
async def _socket(app: AsyncApp, token: str) -> AsyncIterator[None]:
    handler = AsyncSocketModeHandler(app, token, ping_interval=PING, proxy=app.client.proxy)
    if app.client.proxy is None:
        handler.client.proxy = None
    await handler.connect_async()  # type: ignore[no-untyped-call]  # tries again by itself, without end
    LOG.info("listening in Slack over Socket Mode")
    try:
        yield
    finally:
        await handler.close_async()  # type: ignore[no-untyped-call]


@asynccontextmanager
async def _port(app: AsyncApp, port: int) -> AsyncIterator[None]:
    runner = web.AppRunner(app.web_app("/slack/events"))
    await runner.setup()
    await web.TCPSite(runner, port=port).start()
    LOG.info("listening for Slack on port %s at /slack/events", port)
    try:
        yield
    finally:
        await runner.cleanup()


def _with_slash(url: str) -> str:
    return url if url.endswith("/") else f"{url}/"


def _is_loopback(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
