"""The proxy to Slack: the environment's, but not for this machine and what NO_PROXY names."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from slack_bolt.async_app import AsyncBoltContext
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_sdk.web.async_client import AsyncWebClient

from bot.doctor.slack import check_slack
from bot.rehearsal.target.loopback import free_port
from bot.settings import Settings, read_settings
from bot.slack.bolt_app import make_app
from bot.slack.proxy import Respond
from bot.slack.serve import make_client
from bot.tools.proxy import proxy_for, proxy_problem
from state.errors import BadSettings
from tests.pages import small

PROXY = "http://proxy.example:3128"


@pytest.fixture(autouse=True)
def _proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HTTPS_PROXY", PROXY)


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/api", "http://localhost:1/api", "http://[::1]:1/api"])
def test_this_machine_is_reached_without_a_proxy(url: str) -> None:
    assert proxy_for(url, os.environ) is None


@pytest.mark.parametrize("name", ["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"])
def test_slack_is_reached_through_the_proxy_of_the_environment(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HTTPS_PROXY")
    assert proxy_for("https://slack.com/api/", os.environ) is None
    monkeypatch.setenv(name, PROXY)
    assert proxy_for("https://slack.com/api/", os.environ) == PROXY


@pytest.mark.parametrize("name", ["NO_PROXY", "no_proxy"])
@pytest.mark.parametrize(
    ("exceptions", "without"),
    [
        ("slack.internal", True),
        ("other.example, .internal", True),
        ("slack.internal:8443", True),
        ("*", True),
        ("internal.example", False),
        ("slack.internal:1", False),
        ("", False),
    ],
)
def test_what_no_proxy_names_is_reached_without_one(
    name: str, exceptions: str, without: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, exceptions)
    assert proxy_for("https://slack.internal:8443/api/", os.environ) == (None if without else PROXY)


@pytest.mark.fault("one text, two readers")
@pytest.mark.parametrize(
    ("exceptions", "without"),
    [
        ("10.0.0.0/8", True),
        (".corp, 10.1.0.0/16,", True),
        ("10.1.2.3/8", True),
        ("192.168.0.0/16", False),
        ("10/8", False),
        ("/", False),
    ],
)
def test_a_network_in_no_proxy_stands_for_its_addresses(
    exceptions: str, without: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_PROXY", exceptions)
    assert proxy_for("https://10.1.2.3:8443/api/", os.environ) == (None if without else PROXY)
    monkeypatch.setenv("NO_PROXY", "fd00::/8")
    assert proxy_for("https://[fd00::7]/api/", os.environ) is None
    assert proxy_for("https://slack.com/api/", os.environ) == PROXY


@pytest.mark.fault("one text, two readers")
def test_a_proxy_without_a_scheme_is_one_of_http(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "someone:word@proxy.example:3128")
    assert proxy_for("https://slack.com/api/", os.environ) == "http://someone:word@proxy.example:3128"
    assert proxy_problem("https://slack.com/api/", os.environ) == ""


@pytest.mark.fault("a cause that nobody has seen")
@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ("socks5://someone:word@proxy.example:1080", "HTTPS_PROXY names a proxy of another kind (socks5://)"),
        ("http://proxy.example:port", "HTTPS_PROXY is no address of a proxy"),
        ("http://:3128", "HTTPS_PROXY is no address of a proxy"),
        ("[", "HTTPS_PROXY is no address of a proxy"),
    ],
)
def test_a_proxy_that_cannot_be_used_is_named_before_anything_is_sent(
    value: str, problem: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", value)
    settings = read_settings({**os.environ, "SLACK_BOT_TOKEN": "xoxb-1", "SLACK_APP_TOKEN": "xapp-1"})
    with pytest.raises(BadSettings) as refused:
        settings.require_tokens()
    assert problem in str(refused.value)
    assert "word" not in str(refused.value)
    (line,) = check_slack(settings, small())
    assert problem in line.result.summary
    monkeypatch.setenv("NO_PROXY", "slack.com")
    assert proxy_problem("https://slack.com/api/", os.environ) == ""


@pytest.mark.fault("a library reads the environment again")
@pytest.mark.parametrize("exceptions", ["", "slack.internal"])
def test_the_client_of_each_request_has_the_proxy_of_the_bots_own(
    exceptions: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_PROXY", exceptions)
    settings = Settings(
        runbook=tmp_path, state=tmp_path / "x.db", api_url="https://slack.internal/api/", environ=dict(os.environ)
    )
    client = make_client(settings)
    assert client.proxy == (None if exceptions else PROXY)
    seen: list[Any] = []

    async def listen(context: AsyncBoltContext, client: AsyncWebClient, respond: object) -> None:
        seen.extend([client.proxy, context.client.proxy if context.client else "", type(respond)])
        await context.ack()

    async def story() -> None:
        app = make_app(client, None, None, settings.environ)  # type: ignore[arg-type]  # nobody acts
        app.command("/look")(listen)
        body = "command=%2Flook&team_id=T1&user_id=U1&response_url=https%3A%2F%2Fhooks.slack.internal%2Fx"
        headers: Any = {"content-type": ["application/x-www-form-urlencoded"]}
        await app.async_dispatch(AsyncBoltRequest(body=body, headers=headers, mode="socket_mode"))

    asyncio.run(story())
    assert seen == [client.proxy, client.proxy, Respond]


@pytest.mark.fault("a library reads the environment again")
def test_an_answer_goes_past_the_proxy_where_no_proxy_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    port, answers = free_port(), []

    async def take(request: web.Request) -> web.Response:
        answers.append((request.headers.get("Host"), await request.json()))
        return web.Response(text="ok")

    async def story() -> None:
        application = web.Application()
        application.router.add_route("*", "/{rest:.*}", take)
        runner = web.AppRunner(application)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", port).start()
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{port}")
        await Respond("http://hooks.slack.invalid/1", os.environ)("through", response_type="ephemeral")
        monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
        await Respond(f"http://127.0.0.1:{port}/2", os.environ)("past it", replace_original=False)
        await runner.cleanup()

    asyncio.run(story())
    assert answers == [
        ("hooks.slack.invalid", {"text": "through", "response_type": "ephemeral"}),
        (f"127.0.0.1:{port}", {"text": "past it", "replace_original": False}),
    ]
