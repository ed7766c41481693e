"""HTTP mode: a signed request is accepted once, and nobody who connects can use up the port."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from pathlib import Path

import pytest
from aiohttp import web
from slack_bolt.async_app import AsyncApp

from bot.rehearsal.target.loopback import free_port
from bot.settings import Settings
from bot.slack import http_mode
from bot.slack.http_mode import http_port
from state.errors import BadSettings
from tests.bot.slack.http_port import SECRET, open_port
from tests.bot.slack.run_writer import GUEST
from tests.bot.slack.slack_box import SlackBox, play


@pytest.mark.parametrize("headers", [{}, {"X-Slack-Retry-Num": "1", "X-Slack-Retry-Reason": "http_timeout"}])
def test_a_signed_request_acts_once_and_is_answered_each_time(tmp_path: Path, headers: dict[str, str]) -> None:
    async def story(box: SlackBox) -> None:
        box.start_run()
        async with open_port(box) as port:
            body = port.command("hold")
            assert await port.send(body) == 200
            assert await port.send(body, headers) == 200
            assert await port.send(body, headers, age=60) == 200  # Slack signs its own repetition anew
            await box.reply_to(GUEST, "On hold")
            await port.send(port.command("resume"))
            await box.reply_to(GUEST, "may resume")
            assert len(box.workspace.ephemerals(GUEST)) == 2, "a repetition is answered to nobody"
            assert [fact.kind for fact in box.store.record(1).facts] == ["hold"]

    play(tmp_path, story, serve=False)


def test_a_retry_of_what_never_arrived_acts(tmp_path: Path) -> None:
    async def story(box: SlackBox) -> None:
        box.start_run()
        async with open_port(box) as port:
            assert await port.send(port.command("hold"), {"X-Slack-Retry-Num": "1"}) == 200
            await box.reply_to(GUEST, "On hold")

    play(tmp_path, story, serve=False)


def test_two_presses_of_one_person_are_two_requests(tmp_path: Path) -> None:
    async def story(box: SlackBox) -> None:
        box.start_run()
        async with open_port(box) as port:
            for reply in ("On hold", "The run is already on hold"):
                assert await port.send(port.command("hold")) == 200
                await box.reply_to(GUEST, reply)

    play(tmp_path, story, serve=False)


@pytest.mark.parametrize("age", [320, -320, 1e9])
def test_an_old_signature_or_one_of_the_future_is_refused(tmp_path: Path, age: float) -> None:
    async def story(box: SlackBox) -> None:
        box.start_run()
        async with open_port(box) as port:
            assert await port.send(port.command("rollback"), age=age) == 401
            assert box.store.record(1).facts == ()

    play(tmp_path, story, serve=False)


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Slack-Signature": "v0=00"},
        {"X-Slack-Signature": ""},
        {"X-Slack-Signature": "v0=\xe9"},
        {"X-Slack-Request-Timestamp": "soon"},
        {"X-Slack-Request-Timestamp": "9" * 5000},
        {"X-Slack-Request-Timestamp": "-1"},
    ],
)
def test_without_slacks_signature_nothing_happens(
    tmp_path: Path, headers: dict[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    async def story(box: SlackBox) -> None:
        box.start_run()
        async with open_port(box) as port:
            body = port.command("hold")
            assert await port.send(body, headers) == 401
            assert await port.send(f"ssl_check=1&{body}", headers) == 401
            assert box.store.record(1).facts == ()
            assert await port.send(body) == 200, "what was not signed is not remembered as done"
            await box.reply_to(GUEST, "On hold")

    play(tmp_path, story, serve=False)
    assert "Traceback" not in caplog.text


def test_a_signed_body_that_is_no_text_is_refused(tmp_path: Path) -> None:
    async def story(box: SlackBox) -> None:
        async with open_port(box) as port:
            assert await port.send(b"\xff\xfe") == 401
            assert await port.send(json.dumps({"type": "unknown"})) in {200, 404}

    play(tmp_path, story, serve=False)


def test_a_body_over_the_limit_is_refused(tmp_path: Path) -> None:
    async def story(box: SlackBox) -> None:
        async with open_port(box) as port:
            assert await port.send("x=" + "y" * (http_mode.MOST_BODY + 1)) == 413
            assert await port.send(port.command("help")) == 200

    play(tmp_path, story, serve=False)


@pytest.mark.parametrize(
    "half", ["", "POST /slack/ev", "POST /slack/events HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nhalf"]
)
def test_a_half_open_connection_is_cut(tmp_path: Path, half: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_mode, "ARRIVAL_LIMIT", 0.3)

    async def story(box: SlackBox) -> None:
        async with open_port(box) as port:
            reader, writer = await port.open(half)
            with pytest.raises(ConnectionError):
                await asyncio.wait_for(_read_all(reader), 10)
            writer.close()

    play(tmp_path, story, serve=False)


def test_a_connection_that_trickles_is_cut_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_mode, "ARRIVAL_LIMIT", 0.5)

    async def trickle(writer: asyncio.StreamWriter) -> None:
        while True:
            writer.write(b"X-A: b\r\n")
            await asyncio.sleep(0.05)

    async def story(box: SlackBox) -> None:
        async with open_port(box) as port:
            reader, writer = await port.open("POST /slack/events HTTP/1.1\r\n")
            trickling = asyncio.create_task(trickle(writer))
            with pytest.raises(ConnectionError):
                await asyncio.wait_for(_read_all(reader), 10)
            trickling.cancel()
            writer.close()

    play(tmp_path, story, serve=False)


async def _read_all(reader: asyncio.StreamReader) -> None:
    """Read to the end; a connection that was cut, and not closed, raises by itself or here."""
    await reader.read()
    raise ConnectionResetError


def test_many_idle_connections_do_not_keep_slack_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_mode, "MOST_CONNECTIONS", 5)
    monkeypatch.setattr(http_mode, "ARRIVAL_LIMIT", 60.0)  # nothing else cuts them

    async def story(box: SlackBox) -> None:
        box.start_run()
        async with open_port(box) as port:
            idle = [await port.open("POST /slack/events HTTP/1.1\r\n") for _ in range(20)]
            assert await port.send(port.command("hold")) == 200
            await box.reply_to(GUEST, "On hold")
            ended = await asyncio.gather(*(asyncio.wait_for(_is_cut(reader), 30) for reader, _ in idle[:15]))
            assert all(ended), "the oldest make room"
            for _, writer in idle:
                writer.close()

    play(tmp_path, story, serve=False)


async def _is_cut(reader: asyncio.StreamReader) -> bool:
    try:
        return await reader.read() == b""
    except ConnectionError:
        return True


def test_connections_cut_before_their_request_was_read_are_not_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http_mode, "MOST_CONNECTIONS", 3)
    monkeypatch.setattr(http_mode, "ARRIVAL_LIMIT", 60.0)  # nothing else cuts them
    receive = http_mode.Connection.data_received

    def receive_and_cut(connection: http_mode.Connection, data: bytes) -> None:
        receive(connection, data)
        connection.abort()  # its request is on the way to the handler now, and its end arrives first

    async def story(box: SlackBox) -> None:
        box.start_run()
        async with open_port(box) as port:
            with monkeypatch.context() as cut:
                cut.setattr(http_mode.Connection, "data_received", receive_and_cut)
                for _ in range(4):
                    reader, writer = await port.open("POST /slack/events HTTP/1.1\r\nHost: a\r\n\r\n")
                    assert await asyncio.wait_for(_is_cut(reader), 30)
                    writer.close()
            assert await port.send(port.command("hold")) == 200
            await box.reply_to(GUEST, "On hold")

    play(tmp_path, story, serve=False)


def test_what_makes_room_is_not_counted_as_working() -> None:
    async def nothing(_: web.BaseRequest) -> web.StreamResponse:
        return web.Response()

    async def story() -> None:
        connections = http_mode.Connections(web.Server(nothing))
        old, new = connections.new(), connections.new()
        connections.add(old)
        connections.add(new)  # the old one's end has not been told to it yet
        assert not connections.arrived(old)
        assert connections.arrived(new)
        assert not connections.arrived(new)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(http_mode, "MOST_CONNECTIONS", 1)
        asyncio.run(story())


@pytest.mark.parametrize(
    "headers",
    [
        {"Content-Type": "application/json"},
        {"Content-Type": "text/plain"},
        {"Content-Type": "multipart/form-data; boundary=x"},
        {"X-Slack-Bolt-Lazy-Only": "1", "X-Slack-Bolt-Lazy-Function-Name": "nothing"},
        {"Content-Encoding": "gzip"},
    ],
)
def test_a_copy_with_other_headers_does_not_keep_slacks_own_request_from_acting(
    tmp_path: Path, headers: dict[str, str]
) -> None:
    async def story(box: SlackBox) -> None:
        box.start_run()
        async with open_port(box) as port:
            body = port.command("rollback why")
            assert await port.send(body, headers) == 200
            assert await port.send(body) == 200
            await box.reply_to(GUEST, "The run ends")
            assert [fact.kind for fact in box.store.record(1).facts] == ["rollback"]

    play(tmp_path, story, serve=False)


def test_one_connection_carries_one_request(tmp_path: Path) -> None:
    async def story(box: SlackBox) -> None:
        async with open_port(box) as port:
            reader, writer = await port.open("GET / HTTP/1.1\r\nHost: a\r\n\r\n" * 2)
            answer = await asyncio.wait_for(reader.read(), 10)
            assert answer.count(b"HTTP/1.1 404") == 1
            writer.close()

    play(tmp_path, story, serve=False)


def test_the_port_is_on_loopback_unless_told_otherwise(tmp_path: Path) -> None:
    assert Settings(runbook=tmp_path, state=tmp_path / "x.db").http_host == "127.0.0.1"


def test_an_address_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    async def story(box: SlackBox) -> None:
        settings = replace(box.settings, signing_secret=SECRET, http_host="203.0.113.7", port=free_port())
        app = AsyncApp(token="xoxb-1", signing_secret=SECRET)
        with pytest.raises(BadSettings, match=r"cannot listen on GONOGO_HTTP_HOST 203\.0\.113\.7, GONOGO_PORT \d+: "):
            async with http_port(app, settings):
                pass

    play(tmp_path, story, serve=False)
