"""A name with two servers, one with a wrong certificate: browsers do not go on to the other."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest

from bot.rehearsal.target.loopback import free_port
from bot.tools import web_client
from bot.tools.places import WebPlace
from bot.tools.secrets import Redactor
from bot.tools.web import HttpWeb
from commands.ports.preflight import PreflightContext, PreflightResult
from commands.steps.base import execute
from commands.systems.preflight.reachable import ReachableCheck
from tests.bot.tools.test_web_tls import write_certificate
from tests.commands.steps.builders import box, context
from tests.commands.steps.kinds.pm2_service import SERVICE
from tests.commands.steps.shared.test_health_address import NEW, listener
from tests.world import World

pytestmark = pytest.mark.fault("the first of several for all")
HTTP = f'web = "api"\npath = "/health"\nexpect = {{ commit = "{NEW}" }}\n'
WRONG = "the certificate cannot be verified"
Twins = Callable[[str], HttpWeb]  # the second of them has the "right" or a "wrong" certificate


@pytest.fixture
def twins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Twins]:
    files = {name: tmp_path / name for name in ("right", "wrong")}
    for folder in files.values():
        folder.mkdir()
    certificates = {name: write_certificate(folder) for name, folder in files.items()}
    monkeypatch.setenv("SSL_CERT_FILE", str(certificates["right"][0]))
    monkeypatch.setattr(web_client, "addresses_of", lambda *_: ["127.0.0.1", "127.0.0.2"])
    web_client.tls_context.cache_clear()
    port = free_port()
    web = HttpWeb({"api": WebPlace(url=f"https://localhost:{port}")}, {}, Redactor([]))
    with ExitStack() as serve:

        def started(second: str) -> HttpWeb:
            for address, name in (("127.0.0.1", "right"), ("127.0.0.2", second)):
                server = listener(port, NEW, address)
                tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
                tls.load_cert_chain(certificates[name][1])
                server.socket = tls.wrap_socket(server.socket, server_side=True)
                serve.callback(server.server_close)
                serve.callback(server.shutdown)
            return web

        yield started
        web.close()
    web_client.tls_context.cache_clear()


def doctor(web: HttpWeb, later: timedelta = timedelta(0)) -> list[PreflightResult]:
    clock = SimpleNamespace(now=lambda: datetime.now(UTC) + later)
    tools = replace(World().tools(), web=web, clock=clock)
    return ReachableCheck(place=("webs", "api")).run_preflight(PreflightContext(tools=tools, ref="main"))


def test_a_wrong_certificate_at_the_second_address_fails_a_request(twins: Twins) -> None:
    ctx = context(World(rate=1))
    outcome = execute(box("http", HTTP), replace(ctx, tools=replace(ctx.tools, web=twins("wrong"))))
    assert outcome.state == "failed"
    assert outcome.summary.startswith("At 127.0.0.2, one of the 2 addresses of “api”: “api” accepts the connection")
    assert WRONG in outcome.summary


def test_a_wrong_certificate_at_the_second_address_is_named_after_a_restart(twins: Twins) -> None:
    ctx, step = context(World(rate=1), {"commit": NEW}), box("service", SERVICE)
    ctx = replace(ctx, tools=replace(ctx.tools, web=twins("wrong")))
    (problem,) = step.answer_problems(ctx, step.commit_of_all(ctx))
    assert WRONG in problem
    assert problem.endswith("(at 127.0.0.2, another of its addresses)")


def test_the_doctor_names_the_address_with_a_wrong_certificate_and_with_one_that_ends_soon(twins: Twins) -> None:
    web = twins("wrong")
    ok, wrong = doctor(web)
    assert (ok.level, wrong.level) == ("ok", "warn")
    assert wrong.summary.startswith("at 127.0.0.2, another of its addresses: “api” accepts the connection, but TLS")
    _, soon, _ = doctor(web, timedelta(hours=20))
    assert soon.summary.startswith("its certificate ends in ")


def test_two_servers_with_the_same_certificate_are_right(twins: Twins) -> None:
    web = twins("right")
    ctx = context(World(rate=1))
    outcome = execute(box("http", HTTP), replace(ctx, tools=replace(ctx.tools, web=web)))
    assert outcome.compared == (f"/health on api: commit = {NEW[:10]} (at all its 2 addresses)",)
    assert [one.level for one in doctor(web)] == ["ok"]
    _, first, second = doctor(web, timedelta(hours=20))
    assert first.summary.startswith("its certificate ends in ")
    assert second.summary.startswith("the certificate at 127.0.0.2, another of its addresses, ends in ")
