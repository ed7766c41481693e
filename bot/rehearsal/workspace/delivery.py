"""How a user's action reaches the bot: over a socket, or over HTTP with a signature."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from typing import Any, Literal, Protocol
from urllib.parse import urlencode

import aiohttp

from bot.rehearsal.workspace.slack_objects import Json

Kind = Literal["slash_commands", "interactive", "events_api"]
ACK_SECONDS = 3.0


class NotAckedError(Exception):
    """The bot did not acknowledge. `error` is Slack's name for the reason."""

    def __init__(self, error: Literal["operation_timeout", "dispatch_failed"]) -> None:
        super().__init__(error)
        self.error = error


class Delivery(Protocol):
    """A connection to the bot."""

    async def deliver(self, kind: Kind, payload: Json) -> Json:
        """Send a payload to the bot and return the content of its ack, {} for an empty ack.

        Raises NotAckedError when no ack comes within three seconds.
        """


class HttpDelivery:
    """Posts to the bot's request URL, signed with the signing secret (v0)."""

    def __init__(self, url: str, secret: str) -> None:
        self._url = url
        self._secret = secret

    async def deliver(self, kind: Kind, payload: Json) -> Json:
        """Post one payload. Raises NotAckedError for a timeout and for any status but 200."""
        body, content_type = _encode(kind, payload)
        headers = {**self._signature(body), "Content-Type": content_type}
        timeout = aiohttp.ClientTimeout(total=ACK_SECONDS)
        try:
            async with (
                aiohttp.ClientSession(timeout=timeout) as session,
                session.post(self._url, data=body, headers=headers) as response,
            ):
                text = await response.text()
        except TimeoutError as error:
            raise NotAckedError("operation_timeout") from error
        except aiohttp.ClientError as error:
            raise NotAckedError("dispatch_failed") from error
        if response.status != 200:
            raise NotAckedError("dispatch_failed")
        return _decode(text, response.content_type)

    def _signature(self, body: str) -> dict[str, str]:
        timestamp = str(int(time.time()))
        digest = hmac.new(self._secret.encode(), f"v0:{timestamp}:{body}".encode(), hashlib.sha256).hexdigest()
        return {"X-Slack-Request-Timestamp": timestamp, "X-Slack-Signature": f"v0={digest}"}


def _encode(kind: Kind, payload: Json) -> tuple[str, str]:
    """The body and its content type."""
    if kind == "events_api":
        return json.dumps(payload), "application/json"
    fields: dict[str, Any] = {"payload": json.dumps(payload)} if kind == "interactive" else payload
    return urlencode(fields), "application/x-www-form-urlencoded"


def _decode(text: str, content_type: str) -> Json:
    if content_type == "application/json" and text:
        return dict(json.loads(text))
    return {"text": text} if text else {}
