"""A name that leads to two servers: what is true must be true at both; real servers."""

from __future__ import annotations

import socket
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, suppress
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType, SimpleNamespace
from typing import Any

import pytest

from bot.rehearsal.target.loopback import free_port
from bot.tools import web_client
from bot.tools.clock import SystemClock
from bot.tools.places import WebPlace
from bot.tools.secrets import Redactor
from bot.tools.web import HttpWeb
from commands.ports.preflight import WARN, PreflightContext
from commands.ports.web import HttpRequest, HttpResponse
from commands.steps.base import execute
from commands.steps.outcome import Context, Outcome
from commands.steps.shared import health_address
from commands.systems.preflight.reachable import ReachableCheck
from state.errors import Down, Unreachable
from tests.commands.steps.builders import box, context
from tests.commands.steps.git_repository import Repository
from tests.commands.steps.kinds.pm2_service import SERVICE
from tests.commands.steps.kinds.test_publish import FORWARD, Site
from tests.commands.steps.shared.test_health_address import NEW, OLD, listener
from tests.local_shell import LocalShell
from tests.nginx import nginx_serves
from tests.world import World

KIND = "the first of several for all"
FIRST, SECOND = "127.0.0.1", "127.0.0.2"
HTTP = f'web = "api"\npath = "/health"\nexpect = {{ commit = "{NEW}" }}\n'


class Twins:
    """Servers at the two addresses of the name `twins.test`, and the web place that is there."""

    def __init__(self, serve: ExitStack) -> None:
        self.port, self._serve = free_port(), serve
        url = f"http://twins.test:{self.port}"
        self.web = HttpWeb({"api": WebPlace(url=url)}, {}, Redactor([]))

    def at(self, address: str, commit: str, headers: Mapping[str, str] = MappingProxyType({})) -> None:
        """A server there, which answers with these headers."""
        server = listener(self.port, commit, address, headers)
        self._serve.callback(server.server_close)
        self._serve.callback(server.shutdown)

    def drops(self, address: str) -> None:
        """A port there that takes no more connections: what is sent to it is dropped."""
        port = self._serve.enter_context(socket.create_server((address, self.port), backlog=0))
        with suppress(TimeoutError):
            while True:
                self._serve.enter_context(socket.create_connection(port.getsockname(), timeout=0.2))

    def context(self, **more: Any) -> Context:
        ctx = context(World(), **more)
        return replace(ctx, tools=replace(ctx.tools, web=self.web, clock=SystemClock()))

    def http(self) -> Outcome:
        return execute(box("http", HTTP), self.context())


@pytest.fixture
def twins(monkeypatch: pytest.MonkeyPatch) -> Iterator[Twins]:
    real = socket.getaddrinfo

    def both(host: str, *more: Any, **named: Any) -> Any:
        if host != "twins.test":
            return real(host, *more, **named)
        return [found for address in (FIRST, SECOND) for found in real(address, *more, **named)]

    monkeypatch.setattr(socket, "getaddrinfo", both)
    with ExitStack() as serve:
        twins = Twins(serve)
        yield twins
        twins.web.close()


@pytest.mark.fault(KIND)
@pytest.mark.parametrize("asked_before", [False, True], ids=["new connection", "open connection"])
def test_an_address_that_still_serves_the_old_version_fails_the_check(twins: Twins, asked_before: bool) -> None:
    twins.at(FIRST, NEW)
    twins.at(SECOND, OLD)
    if asked_before:
        twins.web.request("api", HttpRequest(path="/"))
    outcome = twins.http()
    assert (outcome.state, outcome.summary, outcome.measures["failed"]) == (
        "failed",
        f"At 127.0.0.2, one of the 2 addresses of “api”: commit is '{OLD}' instead of '{NEW}'.",
        1.0,
    )


@pytest.mark.fault(KIND)
def test_what_runs_is_asked_of_both_addresses(twins: Twins, tmp_path: Path) -> None:
    repository = Repository(tmp_path)
    twins.at(FIRST, repository.old)
    twins.at(SECOND, repository.new)
    running = 'host = "h"\nrepository = "$REPO"\nrunning = { web = "api", path = "/v", field = "commit" }'
    shell = LocalShell({"REPO": str(repository.path)})
    outcome = execute(box("release", running), twins.context(shell=shell, files={}))
    assert outcome.state == "failed"
    assert f"at 127.0.0.2 answers {repository.new[:10]}" in outcome.summary, outcome.summary


@pytest.mark.fault(KIND)
def test_a_restarted_service_answers_its_commit_at_both_addresses(
    twins: Twins, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health_address, "ANSWERS", 3)
    twins.at(FIRST, NEW)
    twins.at(SECOND, OLD)
    answer = box("service", SERVICE).commit_of_all(replace(twins.context(), values={"commit": NEW}))
    assert answer == f"1 of 3 times commit = {OLD}"


def test_both_addresses_are_named_where_they_agree_and_one_that_is_closed_keeps_nobody_away(twins: Twins) -> None:
    twins.at(FIRST, NEW)
    assert twins.http().compared == (f"/health on api: commit = {NEW[:10]} (at 1 of its 2 addresses)",)
    twins.at(SECOND, NEW)
    assert twins.http().compared == (f"/health on api: commit = {NEW[:10]} (at all its 2 addresses)",)


def test_a_build_is_compared_at_one_of_the_addresses_and_that_is_said(twins: Twins, tmp_path: Path) -> None:
    site, url = Site(tmp_path), f"http://twins.test:{twins.port}"
    (site.build / "index.html").write_text("<!doctype html><script src=/a.js></script>")
    (site.build / "a.js").write_text("let a = 1")
    twins.web = HttpWeb({"app": WebPlace(url=url)}, {}, Redactor([]))
    server = f"server {{ listen {FIRST}:{twins.port}; root {site.www}/current; }}"
    with nginx_serves(tmp_path, twins.port, server):
        ctx = site.context()
        outcome = execute(box("publish", FORWARD), replace(ctx, tools=replace(ctx.tools, web=twins.web)))
    (compared,) = outcome.compared
    assert compared.endswith(" with its page, scripts and stylesheets (at 1 of its 2 addresses)")


@pytest.mark.fault("slow, taken for broken")
def test_a_second_server_that_still_starts_after_a_change_is_waited_for(twins: Twins) -> None:
    twins.at(FIRST, NEW)
    twins.at(SECOND, OLD)
    asked: list[str] = []

    def request(place: str, call: HttpRequest) -> HttpResponse:
        asked.append(call.address)
        found = twins.web.request(place, call)
        return replace(found, text=found.text.replace(OLD, NEW)) if len(asked) > 4 else found

    ctx = replace(twins.context(), after_change=True)
    ctx = replace(ctx, tools=replace(ctx.tools, web=SimpleNamespace(request=request)))
    outcome = execute(box("http", HTTP + 'ready_within = "1 min"'), ctx)
    assert (outcome.state, asked) == ("done", ["", *[SECOND] * 4])


@pytest.mark.fault("not looked at, and said to be fine")
def test_an_address_at_which_a_cache_answers_is_not_counted_among_those_that_agree(twins: Twins) -> None:
    twins.at(FIRST, NEW)
    twins.at(SECOND, OLD, {"Age": "600"})
    assert twins.http().compared == (f"/health on api: commit = {NEW[:10]} (at 1 of its 2 addresses)",)


@pytest.mark.fault(KIND)
def test_a_first_address_that_drops_packets_keeps_nobody_from_the_second_one(
    twins: Twins, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(web_client, "FURTHER", 0.5)
    twins.drops(FIRST)
    twins.at(SECOND, NEW)
    outcome = twins.http()
    assert outcome.state == "done", outcome.summary
    assert outcome.compared == (f"/health on api: commit = {NEW[:10]} (at 1 of its 2 addresses)",)
    (_, warning) = ReachableCheck(place=("webs", "api")).run_preflight(
        PreflightContext(tools=twins.context().tools, ref="main")
    )
    said = "does not respond at 127.0.0.1; another of its 2 addresses answers"
    assert (warning.level, warning.summary) == (WARN, said)


@pytest.mark.fault(KIND)
def test_the_second_address_has_its_share_of_a_short_limit_and_the_lost_time_is_not_the_answers(twins: Twins) -> None:
    twins.drops(FIRST)
    twins.at(SECOND, NEW)
    answer = twins.web.request("api", HttpRequest(path="/health", limit=4))
    assert (answer.status, answer.others, answer.silent) == (200, (FIRST,), (FIRST,))
    assert answer.seconds < 2, "the seconds at the first address were counted"


def test_it_is_said_how_many_addresses_send_nothing(twins: Twins) -> None:
    twins.drops(FIRST)
    with pytest.raises(Down, match="nothing answers at its address"):
        twins.web.request("api", HttpRequest(path="/health", limit=2))
    twins.drops(SECOND)
    with pytest.raises(Unreachable, match="“api” cannot be reached: none of its 2 addresses sends a response; check"):
        twins.web.request("api", HttpRequest(path="/health", limit=2))
