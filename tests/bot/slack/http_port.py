"""The port of a bot in HTTP mode, as Slack and others see it."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from urllib.parse import urlencode

import aiohttp

from bot.rehearsal.target.loopback import free_port, is_listening
from bot.rehearsal.workspace import payloads
from tests.bot.slack.run_writer import GUEST
from tests.bot.slack.slack_box import SlackBox

SECRET = "s3cret"


@dataclass
class Port:
    """The bot's port, as Slack and others see it."""

    box: SlackBox
    number: int

    def command(self, text: str) -> str:
        """The body of a command of the guest."""
        state = self.box.workspace.state
        person, channel = state.people[GUEST], state.channels["C01DEPLOY"]
        return urlencode(payloads.slash_command(state, person, channel, "/deploy", text))

    async def send(self, body: str | bytes, headers: Mapping[str, str] | None = None, *, age: float = 0) -> int:
        """Send a body with Slack's signature, made `age` seconds ago; returns the status."""
        data = body.encode() if isinstance(body, str) else body
        at = str(int(time.time() - age))
        signature = hmac.new(SECRET.encode(), b"v0:" + at.encode() + b":" + data, hashlib.sha256).hexdigest()
        signed = {"X-Slack-Request-Timestamp": at, "X-Slack-Signature": f"v0={signature}"}
        kind = "application/json" if data.startswith(b"{") else "application/x-www-form-urlencoded"
        all_headers = {"Content-Type": kind, **signed, **(headers or {})}
        url = f"http://127.0.0.1:{self.number}/slack/events"
        async with aiohttp.ClientSession() as session, session.post(url, data=data, headers=all_headers) as response:
            await response.read()
            return response.status

    async def open(self, text: str = "") -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """A connection that has sent so much."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.number)
        writer.write(text.encode())
        await writer.drain()
        return reader, writer


@asynccontextmanager
async def open_port(box: SlackBox) -> AsyncIterator[Port]:
    """The bot in HTTP mode."""
    number = free_port()
    http = replace(box.settings, app_token="", signing_secret=SECRET, port=number)
    over_http = SlackBox(box.store, box.deps, box.page, box.workspace, http)
    async with over_http.serving(sockets=False):
        await over_http.wait_until(lambda: is_listening(number), 30)
        yield Port(over_http, number)
