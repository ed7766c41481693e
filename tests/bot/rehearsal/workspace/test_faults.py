"""What goes wrong between Slack and the bot, made to happen to the real bolt and slack_sdk."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response, to_bolt_request
from slack_bolt.app.async_app import AsyncApp
from slack_sdk.errors import SlackApiError

from tests.bot.rehearsal.workspace.box import STARTER, open_box, refusal, run, section


def _counts(app: AsyncApp) -> list[str]:
    heard: list[str] = []

    @app.command("/deploy")
    async def deploy(ack: Any, command: dict[str, str]) -> None:
        await ack()
        heard.append(command["text"])

    return heard


def test_an_envelope_delivered_twice_runs_the_listener_twice() -> None:
    async def test() -> None:
        async with open_box() as box:
            heard = _counts(box.app)
            box.workspace.faults.duplicate_envelopes = True
            await box.workspace.command(STARTER.id, "/deploy start")
            await asyncio.sleep(0.1)
            assert heard == ["start", "start"]

    run(test)


def test_a_lost_answer_leaves_the_message_there() -> None:
    async def test() -> None:
        async with open_box(sockets=False) as box:
            box.workspace.faults.lost_answers = 1
            with pytest.raises(SlackApiError) as caught:
                await box.post("once")
            assert caught.value.response.status_code == 500
            assert [one.text for one in box.workspace.messages()] == ["once"]

    run(test)


def test_an_outage_answers_503_and_posts_nothing() -> None:
    async def test() -> None:
        async with open_box(sockets=False) as box:
            box.workspace.faults.outage = True
            with pytest.raises(SlackApiError) as caught:
                await box.post()
            assert caught.value.response.status_code == 503
            assert box.workspace.messages() == []

    run(test)


def test_a_429_says_how_long_to_wait() -> None:
    async def test() -> None:
        async with open_box(sockets=False) as box:
            box.workspace.faults.rate_limited, box.workspace.faults.retry_after = 1, 7
            with pytest.raises(SlackApiError) as caught:
                await box.post()
            assert (caught.value.response.status_code, caught.value.response.headers["Retry-After"]) == (429, "7")
            await box.post()

    run(test)


def test_blocks_are_refused_as_often_as_asked() -> None:
    async def test() -> None:
        async with open_box(sockets=False) as box:
            box.workspace.faults.refuse_blocks = 1
            assert (await refusal(box.post(blocks=[section()])))["error"] == "invalid_blocks"
            await box.post(blocks=[section()])

    run(test)


@pytest.mark.parametrize("how", ["cut", "refresh"])
def test_the_bot_comes_back_after_its_socket_went(how: str) -> None:
    async def test() -> None:
        async with open_box() as box:
            heard = _counts(box.app)
            if how == "cut":
                await box.workspace.faults.cut_sockets()
            else:
                await box.workspace.sockets.refresh()
            await asyncio.sleep(0.1)
            await box.workspace.connected(5)
            assert (await box.workspace.command(STARTER.id, "/deploy back")).acked
            assert heard == ["back"]

    run(test)


@pytest.mark.parametrize(("secret", "error"), [("secret", None), ("forged", "dispatch_failed")])
def test_over_http_only_a_good_signature_is_acked(secret: str, error: str | None) -> None:
    async def test() -> None:
        server = web.Application()
        runner = web.AppRunner(server)
        apps: list[AsyncApp] = []

        async def take(request: web.Request) -> web.Response:
            return await to_aiohttp_response(await apps[0].async_dispatch(await to_bolt_request(request)))

        server.router.add_post("/slack/events", take)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        url = f"http://127.0.0.1:{runner.addresses[0][1]}/slack/events"
        async with open_box(sockets=False, request_url=url, signing_secret=secret) as box:
            apps.append(box.app)
            heard = _counts(box.app)
            reply = await box.workspace.command(STARTER.id, "/deploy start")
            assert (reply.error, heard) == (error, ["start"] if error is None else [])
        await runner.cleanup()

    run(test)


def test_a_silent_socket_times_a_command_out() -> None:
    async def test() -> None:
        async with open_box() as box:
            heard = _counts(box.app)
            box.workspace.faults.silent_sockets = True
            reply = await box.workspace.command(STARTER.id, "/deploy start")
            assert (reply.error, heard) == ("operation_timeout", [])

    run(test)


def test_the_bot_leaves_a_dead_socket_for_a_new_one() -> None:
    async def test() -> None:
        async with open_box() as box:
            _counts(box.app)
            await box.workspace.faults.silence_sockets()
            tries = 1
            while not (await box.workspace.command(STARTER.id, "/deploy back")).acked:
                tries += 1
            assert 1 < tries < 5

    run(test)
