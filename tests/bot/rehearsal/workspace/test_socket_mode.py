"""Socket Mode with the real bolt: tickets, envelopes, cut and dead sockets."""

from __future__ import annotations

import asyncio

import aiohttp
import pytest

from tests.bot.rehearsal.workspace.bolt_workspace import STARTER, open_workspace, received_commands, refusal, run


def test_an_envelope_that_is_delivered_twice_runs_the_listener_twice() -> None:
    async def test() -> None:
        async with open_workspace() as slack:
            received = received_commands(slack.app)
            slack.workspace.faults.duplicate_envelopes = True
            await slack.workspace.command(STARTER.id, "/deploy start")
            while len(received) < 2:
                await asyncio.sleep(0.01)
            assert received == ["start", "start"]

    run(test)


@pytest.mark.parametrize("how", ["cut", "refresh"])
def test_the_bot_reconnects_after_its_socket_closed(how: str) -> None:
    async def test() -> None:
        async with open_workspace() as slack:
            received = received_commands(slack.app)
            if how == "cut":
                await slack.workspace.faults.cut_sockets()
            else:
                await slack.workspace.sockets.refresh()
            await asyncio.sleep(0.1)
            await slack.workspace.connected(5)
            assert (await slack.workspace.command(STARTER.id, "/deploy back")).acked
            assert received == ["back"]

    run(test)


def test_a_silent_socket_times_a_command_out() -> None:
    async def test() -> None:
        async with open_workspace() as slack:
            received = received_commands(slack.app)
            slack.workspace.faults.silent_sockets = True
            reply = await slack.workspace.command(STARTER.id, "/deploy start")
            assert (reply.error, received) == ("operation_timeout", [])

    run(test)


def test_the_bot_replaces_a_dead_socket() -> None:
    async def test() -> None:
        async with open_workspace() as slack:
            received_commands(slack.app)
            await slack.workspace.faults.silence_sockets()
            tries = 1
            while not (await slack.workspace.command(STARTER.id, "/deploy back")).acked:
                tries += 1
            assert 1 < tries < 20

    run(test)


def test_an_address_opens_one_socket_only_and_a_wrong_one_none() -> None:
    async def test() -> None:
        async with open_workspace(sockets=False) as slack, aiohttp.ClientSession() as session:
            answer = await slack.client.apps_connections_open(app_token=slack.workspace.app_token)
            async with session.ws_connect(answer["url"]) as socket:
                hello = await socket.receive_json()
                assert (hello["type"], hello["num_connections"]) == ("hello", 1)
                for url in (answer["url"], answer["url"].replace("ticket=", "ticket=x")):
                    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
                        await session.ws_connect(url)
                    assert refused.value.status == 408

    run(test)


def test_no_socket_opens_while_sockets_are_refused() -> None:
    async def test() -> None:
        async with open_workspace(sockets=False) as slack:
            slack.workspace.faults.refuse_sockets = True
            opened = slack.client.apps_connections_open(app_token=slack.workspace.app_token)
            assert (await refusal(opened))["error"] == "internal_error"

    run(test)
