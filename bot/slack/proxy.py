"""Answers to presses and commands, through the proxy that leads to Slack."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from slack_bolt.async_app import AsyncRespond
from slack_sdk.webhook.async_client import AsyncWebhookClient
from slack_sdk.webhook.webhook_response import WebhookResponse

from bot.tools.proxy import proxy_for


class Respond(AsyncRespond):
    """Answers a press or a command. Bolt's own would read the proxy from the process's environment."""

    def __init__(self, response_url: str | None, environ: Mapping[str, str]) -> None:
        super().__init__(response_url=response_url)
        self._environ = environ

    async def __call__(self, text: str = "", **more: Any) -> WebhookResponse:  # type: ignore[override]
        """Send an answer; `more` are the other fields of the message. Raises what aiohttp raises."""
        if self.response_url is None:
            raise ValueError("there is no response URL")
        client = AsyncWebhookClient(self.response_url)
        client.proxy = proxy_for(self.response_url, self._environ)
        return await client.send(text=text, **more)
