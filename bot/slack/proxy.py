"""Which proxy leads to Slack. Every client asks here, and NO_PROXY counts."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit
from urllib.request import proxy_bypass_environment  # type: ignore[attr-defined]  # missing in typeshed alone

from slack_bolt.async_app import AsyncRespond
from slack_sdk.webhook.async_client import AsyncWebhookClient
from slack_sdk.webhook.webhook_response import WebhookResponse

_PROXIES = ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy")
_EXCEPTIONS = ("NO_PROXY", "no_proxy")


def proxy_for(url: str, environ: Mapping[str, str]) -> str | None:
    """The proxy of the bot's environment; None for this machine and for what NO_PROXY names."""
    proxy, exceptions = _first(_PROXIES, environ), _first(_EXCEPTIONS, environ)
    address = urlsplit(url).netloc.rpartition("@")[2]
    if not proxy or _is_this_machine(url) or (exceptions and proxy_bypass_environment(address, {"no": exceptions})):
        return None
    return proxy


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


def _first(names: tuple[str, ...], environ: Mapping[str, str]) -> str:
    return next((value for name in names if (value := environ.get(name, "").strip())), "")


def _is_this_machine(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
