"""Connecting to Slack: over a socket, over HTTP, and never through a proxy to loopback."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler

from bot.rehearsal.target.loopback import free_port, is_listening
from bot.rehearsal.workspace import Workspace
from bot.settings import Settings
from bot.slack.serve import make_client
from commands.steps.outcome import done
from tests.bot.slack.run_writer import DEPLOY, GUEST, deps_of
from tests.bot.slack.slack_box import PEOPLE, SlackBox, play


def test_a_cut_socket_reconnects_by_itself(tmp_path: Path) -> None:
    async def story(box: SlackBox) -> None:
        await box.workspace.faults.cut_sockets()
        opened = "apps.connections.open"
        await box.wait_until(lambda: [method for _, method, _ in box.workspace.calls].count(opened) == 2)
        await box.workspace.connected(8)
        assert (await box.workspace.command(GUEST, "/deploy help")).acked

    play(tmp_path, story)


def test_a_bot_that_starts_during_an_outage_connects_when_slack_is_back(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def story(box: SlackBox) -> None:
        box.workspace.faults.refuse_sockets = True
        opening = asyncio.create_task(_allow_after_a_refusal(box))
        async with box.serving():
            assert (await box.workspace.command(GUEST, "/deploy help")).acked
        await opening

    play(tmp_path, story, serve=False)
    assert "internal_error" in caplog.text


def test_another_bot_with_the_same_slack_app_is_named_in_the_log(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def story(box: SlackBox) -> None:
        async with box.serving():
            assert "connections of this app" not in caplog.text
            async with box.serving():
                await box.wait_until(lambda: "Slack counts 2 connections of this app" in caplog.text)
            await box.workspace.faults.cut_sockets()
            opened = "apps.connections.open"
            await box.wait_until(lambda: [method for _, method, _ in box.workspace.calls].count(opened) == 3)
        assert caplog.text.count("connections of this app") == 1

    play(tmp_path, story, serve=False)


async def _allow_after_a_refusal(box: SlackBox) -> None:
    refused = ("apps.connections.open", False)
    await box.wait_until(lambda: refused in [(method, good) for _, method, good in box.workspace.calls], 30)
    box.workspace.faults.refuse_sockets = False


@pytest.mark.parametrize(("secret", "is_acked"), [("right", True), ("wrong", False)])
def test_http_mode_answers_only_requests_with_slacks_signature(tmp_path: Path, secret: str, is_acked: bool) -> None:
    async def story(box: SlackBox) -> None:
        port = free_port()
        signed = Workspace(PEOPLE, request_url=f"http://127.0.0.1:{port}/slack/events", signing_secret=secret)
        await signed.start()
        settings = replace(
            box.settings,
            app_token="",
            signing_secret="right",
            port=port,
            api_url=signed.api_url,
            bot_token=signed.bot_token,
        )
        over_http = SlackBox(box.store, deps_of(box.store), box.page, signed, settings)
        async with over_http.serving(sockets=False):
            await over_http.wait_until(lambda: is_listening(port), 30)
            reply = await signed.command(GUEST, "/deploy help")
            assert reply.acked is is_acked, reply
        await signed.stop()

    play(tmp_path, story, serve=False)


def test_a_proxy_is_not_used_to_reach_this_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")  # nothing listens there

    async def story(box: SlackBox) -> None:
        run = box.start_run()
        box.run_step(run, DEPLOY, done("Done.", output="\n".join(f"line {n}" for n in range(60))))
        card = await box.card()
        await box.workspace.press(GUEST, card.ts, "hold")
        await box.reply_to(GUEST, "On hold")
        await box.workspace.command(GUEST, "/deploy status")
        await box.reply_to(GUEST, "shop: ON HOLD")
        await box.wait_until(lambda: any(message.files for message in box.workspace.messages()))

    play(tmp_path, story)


def test_the_address_of_slack_may_end_without_a_slash(tmp_path: Path) -> None:
    settings = Settings(runbook=tmp_path, state=tmp_path / "x.db", api_url="http://127.0.0.1:1/api")
    assert make_client(settings).base_url == "http://127.0.0.1:1/api/"


def test_a_bot_that_leaves_hands_its_posts_over_before_it_closes_its_socket(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    order: list[str] = []

    closes = AsyncSocketModeHandler.close_async

    async def close(handler: AsyncSocketModeHandler) -> None:
        order.append("the socket is closed")
        await closes(handler)  # type: ignore[no-untyped-call]

    async def story(box: SlackBox) -> None:
        box.start_run()
        monkeypatch.setattr(box.store, "hand_over", lambda runs, _: order.append(f"handed over: {[*runs]}"))
        monkeypatch.setattr(AsyncSocketModeHandler, "close_async", close)
        async with box.serving():
            await box.card()

    play(tmp_path, story, serve=False)
    assert order == ["handed over: [1]", "the socket is closed"]
