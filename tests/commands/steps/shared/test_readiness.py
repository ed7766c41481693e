"""A service that has just been started is waited for; one that died or runs already is not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from http.server import ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest

from bot.rehearsal.target.loopback import free_port
from bot.tools.places import WebPlace
from bot.tools.secrets import Redactor
from bot.tools.web import HttpWeb
from commands.ports.web import HttpRequest, HttpResponse
from commands.steps.base import execute
from commands.steps.outcome import Outcome
from commands.steps.shared.readiness import is_starting
from state.errors import Down, LostTrack, Unreachable
from tests.bot.tools.site import Handler
from tests.clock import Clock
from tests.commands.steps.builders import box, context
from tests.production import answer
from tests.world import World

HEALTH = 'web = "api"\npath = "/api/health"\nexpect = { status = "ok" }'
POST = 'web = "api"\npath = "/api/jobs"\nmethod = "POST"\nstatus = 201'
REFUSED, CUT = Down("Nothing answers at its address."), LostTrack("It closed the connection.")
OK = answer(data={"status": "ok"})


def ready_after(clock: Clock, seconds: float, before: Any, then: Any = OK) -> Callable[[object], Any]:
    """What a service answers that is ready so many seconds from now."""
    ready = clock.monotonic() + seconds
    return lambda _: before if clock.monotonic() < ready else then


def run_when(world: World, toml: str, before: Any, seconds: float = 40, then: Any = OK) -> Outcome:
    """The outcome of an `http` step whose service is ready so many seconds after its start."""
    world.on_web("", ready_after(world.clock, seconds, before, then))
    return execute(box("http", toml), context(world))


@pytest.mark.fault("slow, taken for broken")
@pytest.mark.parametrize("before", [REFUSED, CUT, answer(502), answer(503), answer(504), answer(521)])
def test_a_service_that_needs_40_s_to_listen_is_waited_for_on_a_page_that_names_nothing(before: Any) -> None:
    world = World()
    outcome = run_when(world, HEALTH, before)
    assert outcome.state == "done", outcome.summary
    assert outcome.summary.startswith("200 in 50 ms (after ")
    assert "before it " in outcome.summary, "that it was not ready at first is told"


@pytest.mark.parametrize("before", [REFUSED, CUT, answer(502)])
def test_a_service_that_is_not_ready_within_the_pages_time_fails_the_step(before: Any) -> None:
    world = World()
    began = world.clock.monotonic()
    assert run_when(world, f'{HEALTH}\nready_within = "10 s"', before, 3600).state in {"failed", "unknown"}
    assert 10 <= world.clock.monotonic() - began < 600, "it does not wait for the hour that the service needs"


def test_a_body_that_is_not_right_yet_is_waited_for_where_the_page_says_how_long() -> None:
    starting = answer(data={"status": "starting"})
    assert run_when(World(), f'{HEALTH}\nready_within = "2 min"', starting).state == "done"
    world = World()
    assert run_when(world, HEALTH, starting).state == "failed"
    assert len(world.calls) == 1, "a wrong answer of a service that is up is a failure at once"


def test_a_status_that_the_step_accepts_is_never_waited_away() -> None:
    world = World()
    assert run_when(world, 'web = "api"\npath = "/old"\nstatus = 503', answer(503)).state == "done"
    assert len(world.calls) == 1


def test_a_request_that_creates_something_is_sent_again_only_if_it_was_refused() -> None:
    refused, proxied = World(), World()
    assert run_when(refused, POST, REFUSED, then=answer(201, {})).state == "done"
    assert run_when(proxied, POST, answer(502), then=answer(201, {})).state == "failed"
    assert len(proxied.calls) == 1


def test_a_certificate_that_nobody_trusts_is_told_at_once() -> None:
    world = World()
    assert run_when(world, HEALTH, Down("TLS fails.", lasting=True), 3600).state == "failed"
    assert len(world.calls) == 1


def test_without_a_route_it_is_sent_as_often_as_the_page_says() -> None:
    world = World()
    assert run_when(world, HEALTH, Unreachable("no route"), 3600).inconclusive
    assert len(world.calls) == 3


def test_a_check_of_the_watch_and_a_repeated_test_wait_for_nothing() -> None:
    world = World()
    assert run_when(world, f'{HEALTH}\nevery = "1 min"', answer(502)).state == "failed"
    repeated = World()
    repeated.on_web("", answer(502))
    step = box("http", f'{HEALTH}\nready_within = "2 min"')
    assert execute(step, replace(context(repeated), after_change=False)).state == "failed"
    assert (len(world.calls), len(repeated.calls)) == (1, 1)


def test_ready_within_of_a_check_of_the_watch_is_refused() -> None:
    step = box("http", f'{HEALTH}\nready_within = "2 min"\nevery = "1 min"')
    assert step.page_error({}) == "ready_within: a check of the watch waits for nothing; remove it"
    assert box("http", f'{HEALTH}\nready_within = "2 min"').page_error({}) == ""


def test_an_answer_at_the_requests_limit_is_slow_and_no_sign_of_a_start() -> None:
    world = World()

    def hang(_: object) -> Exception:
        world.clock.move(seconds=5)
        return CUT

    world.on_web("", hang)
    assert execute(box("http", f'{HEALTH}\nlimit = "5 s"'), context(world)).measures["failed"] == 1
    assert len(world.calls) == 1


def test_the_end_of_maintenance_waits_for_a_service_that_still_starts() -> None:
    toml = 'host = "h"\nstate = "off"\ncommand = "rm -f flag"\nweb = "app"'
    for before in (answer(502), REFUSED):
        world = World()
        world.on_web("app", ready_after(world.clock, 400, before))
        outcome = execute(box("maintenance", f'{toml}\nready_within = "10 min"'), context(world))
        assert outcome.summary == "Maintenance is off: app/ answers 200."
    world = World()
    world.on_web("app", answer(404))
    assert execute(box("maintenance", toml), context(world)).state == "failed"
    assert len(world.calls) == 5


def test_only_the_statuses_of_a_missing_backend_are_signs_of_a_start() -> None:
    assert [status for status in (200, 404, 500, 501, 502, 503, 504) if is_starting(answer(status))] == [502, 503, 504]


class ListensLater(HttpWeb):
    """The real web tool, for a server that begins to listen once it was asked in vain."""

    def __init__(self, port: int) -> None:
        super().__init__({"api": WebPlace(url=f"http://127.0.0.1:{port}")}, {}, Redactor([]))
        self._address = ("127.0.0.1", port)
        self.server: ThreadingHTTPServer | None = None

    def request(self, web: str, request: HttpRequest) -> HttpResponse:
        try:
            return super().request(web, request)
        except Down:
            if self.server is None:
                self.server = ThreadingHTTPServer(self._address, Handler)
                Thread(target=self.server.serve_forever).start()
            raise


def test_a_real_server_that_begins_to_listen_later_is_waited_for() -> None:
    web = ListensLater(free_port())
    ctx = context(World(rate=1))
    outcome = execute(
        box("http", 'web = "api"\npath = "/page"\nanswers = "page"'), replace(ctx, tools=replace(ctx.tools, web=web))
    )
    if web.server:
        web.server.shutdown()
        web.server.server_close()
    web.close()
    assert outcome.state == "done", outcome.summary
    assert "before it no connection" in outcome.summary
