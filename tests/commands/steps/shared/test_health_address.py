"""The health address must name the commit to everybody who asks, not to one of several."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from types import MappingProxyType

import pytest

from bot.rehearsal.target.loopback import free_port
from bot.tools.clock import SystemClock
from bot.tools.places import WebPlace
from bot.tools.secrets import Redactor
from bot.tools.web import HttpWeb
from commands.ports.web import HttpResponse
from commands.steps.base import execute
from commands.steps.outcome import Context
from commands.steps.shared import health_address
from state.errors import LostTrack
from tests.commands.steps.builders import box, context
from tests.commands.steps.kinds.pm2_service import SERVICE
from tests.production import answer
from tests.world import World

OLD, NEW = "1" * 40, "2" * 40


class _Sharing(ThreadingHTTPServer):
    daemon_threads = True

    def server_bind(self) -> None:
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        super().server_bind()


def listener(
    port: int, commit: str, address: str = "127.0.0.1", headers: Mapping[str, str] = MappingProxyType({})
) -> _Sharing:
    """A process, so to say, that listens on a port which others may have too, and keeps its connections."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            body = json.dumps({"commit": commit}).encode()
            self.send_response(200)
            for name, value in {"Content-Type": "application/json", "Content-Length": len(body), **headers}.items():
                self.send_header(name, str(value))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Log nothing."""

    server = _Sharing((address, port), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    return server


def asking(web: HttpWeb) -> Context:
    ctx = context(World(rate=1))
    return replace(ctx, tools=replace(ctx.tools, web=web, clock=SystemClock()))


@pytest.fixture(autouse=True)
def busy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Time for all requests, on a busy machine too."""
    monkeypatch.setattr(health_address, "ANSWERS_WITHIN", 1000.0)


@pytest.fixture
def web() -> Iterator[tuple[HttpWeb, int, ExitStack]]:
    """The real requests to a port, and what ends the listeners."""
    port = free_port()
    web = HttpWeb({"api": WebPlace(url=f"http://127.0.0.1:{port}")}, {}, Redactor([]))
    with ExitStack() as ends:
        ends.callback(web.close)
        yield web, port, ends


@pytest.mark.fault("the first of several for all")
@pytest.mark.parametrize("commits", [(NEW, NEW), (OLD, NEW), (NEW, OLD)])
def test_an_old_process_that_shares_the_port_is_seen(
    web: tuple[HttpWeb, int, ExitStack], commits: tuple[str, str]
) -> None:
    real, port, ends = web
    for commit in commits:
        server = listener(port, commit)
        ends.callback(server.server_close)
        ends.callback(server.shutdown)
    step, ctx = box("service", SERVICE), asking(real)
    said = step.commit_of_all(ctx)
    assert step.serves(ctx, said) == (OLD not in commits), said
    if OLD in commits:
        assert f"commit = {OLD}" in said
        assert step.answer_problems(ctx, said)[0].startswith("/api/health on api answers "), said


def world_that_answers(*others: HttpResponse) -> World:
    """It answers with the new commit, and at the end in turn with these."""
    world, asked = World(), [0]

    def reply(_: object) -> HttpResponse:
        asked[0] += 1
        return others[asked[0] % len(others)] if asked[0] > 5 else answer(200, {"commit": NEW})

    world.on_web("GET api /api/health", reply)
    return world


def test_a_restart_that_leaves_an_old_server_behind_the_address_has_failed() -> None:
    new, old = answer(200, {"commit": NEW}), answer(200, {"commit": OLD})
    outcome = execute(box("service", SERVICE), context(world_that_answers(new, new, old)))
    assert outcome.state == "failed"
    assert f" of 20 times commit = {OLD[:20]}" in outcome.summary, outcome.summary


def test_an_answer_that_names_no_commit_does_not_count() -> None:
    new, empty = answer(200, {"commit": NEW}), answer(200, {})
    outcome = execute(box("service", SERVICE), context(world_that_answers(new, new, empty)))
    assert outcome.state == "done", outcome.summary


@pytest.mark.fault("the first of several for all")
@pytest.mark.parametrize("status", [502, 503])
def test_a_server_behind_the_address_that_is_gone_for_good_is_seen(status: int) -> None:
    new, gone = answer(200, {"commit": NEW}), answer(status, {})
    outcome = execute(box("service", SERVICE), context(world_that_answers(new, new, gone)))
    assert outcome.state == "failed"
    assert f" times with status {status} instead of commit = {NEW}" in outcome.summary, outcome.summary


@pytest.mark.fault("the first of several for all")
def test_where_only_a_few_requests_fit_into_the_time_one_that_hangs_counts() -> None:
    world, asked = World(), [0]

    def reply(_: object) -> HttpResponse:
        asked[0] += 1
        if asked[0] % 2:
            return answer(200, {"commit": NEW})
        world.clock.move(seconds=health_address.ANSWERS_WITHIN)
        raise LostTrack("GET /api/health: “api” did not answer within 10 s.")

    world.on_web("GET api /api/health", reply)
    said = box("service", SERVICE).commit_of_all(context(world))
    assert said.startswith("1 of 3 times nothing usable: "), said


@pytest.mark.fault("slow, taken for broken")
def test_a_limit_on_requests_that_answers_503_as_nginxs_does_is_no_server_that_is_gone() -> None:
    world = World()
    allowed, at = 5.0, world.clock.monotonic()

    def reply(_: object) -> HttpResponse:
        nonlocal allowed, at
        now = world.clock.monotonic()
        allowed, at = min(allowed + (now - at), 5.0), now  # one request a second
        if allowed < 1:
            return answer(503, {})
        allowed -= 1
        return answer(200, {"commit": NEW})

    world.on_web("GET api /api/health", reply)
    outcome = execute(box("service", SERVICE), context(world))
    assert outcome.state == "done", outcome.summary


@pytest.mark.fault("slow, taken for broken")
def test_a_server_that_the_proxy_in_front_leaves_out_a_little_later_is_waited_for() -> None:
    new, gone = answer(200, {"commit": NEW}), answer(502, {})
    outcome = execute(box("service", SERVICE), context(world_that_answers(*[new] * 6, *[new, gone] * 4, *[new] * 1000)))
    assert outcome.state == "done", outcome.summary
