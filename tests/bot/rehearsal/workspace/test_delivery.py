"""Delivery over HTTP: the signature that bolt checks, and what counts as not acknowledged."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response, to_bolt_request
from slack_bolt.app.async_app import AsyncApp

from bot.rehearsal.workspace.delivery import HttpDelivery, NotAckedError
from bot.tools.listener import close_listener, protocols_of
from tests.bot.rehearsal.workspace.bolt_workspace import STARTER, open_workspace, received_commands, run


@asynccontextmanager
async def request_url(handle: Callable[[web.Request], Awaitable[web.Response]]) -> AsyncIterator[str]:
    """The address of a server that answers with `handle`."""
    server = web.Application()
    server.router.add_post("/slack/events", handle)
    runner = web.AppRunner(server, shutdown_timeout=0.1)
    await runner.setup()
    listener = await asyncio.get_running_loop().create_server(protocols_of(runner), "127.0.0.1", 0)
    yield f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}/slack/events"
    await close_listener(listener)
    await runner.cleanup()


@pytest.mark.parametrize(("secret", "error"), [("secret", None), ("forged", "dispatch_failed")])
def test_only_a_valid_signature_is_acked(secret: str, error: str | None) -> None:
    async def test() -> None:
        apps: list[AsyncApp] = []

        async def handle(request: web.Request) -> web.Response:
            return await to_aiohttp_response(await apps[0].async_dispatch(await to_bolt_request(request)))

        async with (
            request_url(handle) as url,
            open_workspace(sockets=False, request_url=url, signing_secret=secret) as slack,
        ):
            apps.append(slack.app)
            received = received_commands(slack.app)
            reply = await slack.workspace.command(STARTER.id, "/deploy start")
            assert (reply.error, received) == (error, ["start"] if error is None else [])

    run(test)


@pytest.mark.parametrize(
    ("answer", "ack"),
    [
        (web.json_response({"response_action": "clear"}), {"response_action": "clear"}),
        (web.Response(text="started"), {"text": "started"}),
        (web.Response(), {}),
    ],
    ids=["JSON", "text", "empty"],
)
def test_the_ack_is_the_content_of_the_answer(answer: web.Response, ack: dict[str, str]) -> None:
    async def test() -> None:
        async def handle(request: web.Request) -> web.Response:
            return answer

        async with request_url(handle) as url:
            assert await HttpDelivery(url, "secret").deliver("interactive", {}) == ack

    run(test)


def test_a_bot_that_is_down_or_too_slow_has_not_acked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.rehearsal.workspace.delivery.ACK_SECONDS", 0.2)

    async def test() -> None:
        async def handle(request: web.Request) -> web.Response:
            await asyncio.sleep(1)
            return web.Response()

        errors = []
        async with request_url(handle) as url:
            for address in (url, "http://127.0.0.1:9/slack/events"):
                with pytest.raises(NotAckedError) as refused:
                    await HttpDelivery(address, "secret").deliver("events_api", {})
                errors.append(refused.value.error)
        assert errors == ["operation_timeout", "dispatch_failed"]

    run(test)
