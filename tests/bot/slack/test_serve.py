"""Connecting: over a socket that is cut or late, over HTTP with a signature, and never through a proxy to this machine."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from bot.rehearsal.target.loopback import free_port, is_listening
from bot.rehearsal.workspace import Workspace
from bot.settings import Settings
from bot.slack.serve import make_client
from tests.bot.slack.box import GUEST, PEOPLE, Box, box, deps_of


def test_a_socket_that_is_cut_comes_back_by_itself(tmp_path: Path) -> None:
    async def story() -> None:
        async with box(tmp_path) as here:
            await here.workspace.faults.cut_sockets()
            opened = "apps.connections.open"
            await here.until(lambda: [method for _, method, _ in here.workspace.calls].count(opened) == 2)
            await here.workspace.connected(8)
            assert (await here.workspace.command(GUEST, "/deploy help")).acked

    asyncio.run(story())


def test_slack_away_at_the_start_is_waited_for(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async def story() -> None:
        async with box(tmp_path, serve=False) as here:
            here.workspace.faults.refuse_sockets = True
            opening = asyncio.create_task(_open_after_a_refusal(here))
            async with here.serving():
                assert (await here.workspace.command(GUEST, "/deploy help")).acked
            await opening

    asyncio.run(story())
    assert "internal_error" in caplog.text


async def _open_after_a_refusal(here: Box) -> None:
    refused = ("apps.connections.open", False)
    await here.until(lambda: refused in [(method, good) for _, method, good in here.workspace.calls], 30)
    here.workspace.faults.refuse_sockets = False


def test_http_mode_answers_to_slacks_signature_alone(tmp_path: Path) -> None:
    async def story() -> None:
        port = free_port()
        async with box(tmp_path, serve=False) as here:
            for secret, acked in (("right", True), ("wrong", False)):
                signed = Workspace(PEOPLE, request_url=f"http://127.0.0.1:{port}/slack/events", signing_secret=secret)
                await signed.start()
                settings = replace(
                    here.settings,
                    app_token="",
                    signing_secret="right",
                    port=port,
                    api_url=signed.api_url,
                    bot_token=signed.bot_token,
                )
                await _answers(replace_box(here, signed, settings), acked=acked)
                await signed.stop()

    asyncio.run(story())


def replace_box(here: Box, workspace: Workspace, settings: Settings) -> Box:
    """The same record in front of another workspace."""
    return Box(here.store, deps_of(here.store), here.page, workspace, settings)


async def _answers(here: Box, *, acked: bool) -> None:
    async with here.serving(sockets=False):
        await here.until(lambda: is_listening(here.settings.port), 30)
        reply = await here.workspace.command(GUEST, "/deploy help")
        assert reply.acked is acked, reply


def test_a_proxy_is_not_used_to_reach_this_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example:3128")
    settings = Settings(runbook=tmp_path, state=tmp_path / "x.db")
    assert make_client(replace(settings, api_url="http://127.0.0.1:1/api")).proxy is None
    assert make_client(settings).proxy == "http://proxy.example:3128"
