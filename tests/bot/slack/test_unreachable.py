"""Why Slack cannot be reached: its certificate is told from a network that is away."""

from __future__ import annotations

import asyncio
from pathlib import Path

import aiohttp
import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot.rehearsal.target.loopback import free_port
from bot.slack.unreachable import why_unreachable
from tests.bot.tools.site import served_over_tls
from tests.bot.tools.test_web_tls import write_certificate


def why(port: int) -> tuple[str, str]:
    """What is said of Slack at an address."""
    client = AsyncWebClient(token="xoxb-1", base_url=f"https://localhost:{port}/api/")
    with pytest.raises(aiohttp.ClientError) as caught:
        asyncio.run(client.auth_test())
    return why_unreachable(caught.value)


@pytest.mark.fault("a cause that nobody has seen")
def test_a_proxy_whose_ca_nobody_trusts_is_told_from_a_network_that_is_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    _, certificate = write_certificate(tmp_path)
    with served_over_tls(certificate) as port:
        cause, todo = why(port)
    assert cause == "the certificate that answers is not accepted: unable to get local issuer certificate"
    assert "SSL_CERT_FILE" in todo
    assert why(free_port()) == ("ClientConnectorError", "check the network and the proxy")
