"""A limit on requests answers 429 in the service's place, which says nothing of the service."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest

from commands.ports.web import HttpResponse
from commands.steps.base import execute
from commands.systems.http_answers import wait_asked_for
from tests.commands.steps.builders import box, context
from tests.commands.steps.kinds.test_service import ALLOWING, new_code
from tests.production import NEW, answer
from tests.world import World

pytestmark = pytest.mark.fault("foreign words taken for the program's own")
LIMITED = replace(answer(429, text="Too many requests"), headers={"Retry-After": "7"})
TODO = "so the service itself was not asked. Let the limit leave out the bot's address, or this path."


def limited_for(world: World, times: int) -> list[float]:
    """Let so many requests to `/api/health` be refused. Returns the moments of all of them."""
    asked: list[float] = []

    def reply(_: object) -> HttpResponse:
        asked.append(world.clock.monotonic())
        return LIMITED if len(asked) <= times else answer(text=f'{{"status": "ok", "commit": "{world.running}"}}')

    world.on_web("/api/health", reply)
    return asked


def test_a_check_of_the_watch_that_meets_a_limit_has_no_data() -> None:
    world = World()
    asked = limited_for(world, 100)
    check = box("http", 'web = "api"\npath = "/api/health"\nevery = "5 min"\nexpect = { status = "ok" }')
    outcome = execute(check, context(world))
    assert (outcome.state, outcome.inconclusive, "failed" in outcome.measures) == ("failed", True, False)
    assert outcome.summary == f"/api/health on api is answered by a limit on requests (429), {TODO}"
    assert len(asked) == 1


def test_a_request_of_the_deploy_waits_as_long_as_the_limit_says() -> None:
    world = World(rate=200)
    asked = limited_for(world, 2)
    outcome = execute(box("http", 'web = "api"\npath = "/api/health"\nexpect = { status = "ok" }'), context(world))
    assert outcome.state == "done", outcome.summary
    assert len(asked) == 3
    assert min(later - before for before, later in pairwise(asked)) >= 7


def test_a_limit_is_waited_for_no_longer_than_the_page_waits() -> None:
    world, slow = World(rate=50), replace(LIMITED, headers={"Retry-After": "60"})
    asked: list[float] = []

    def reply(_: object) -> HttpResponse:
        asked.append(world.clock.monotonic())
        return slow

    world.on_web("/api/health", reply)
    step = 'web = "api"\npath = "/api/health"\nexpect = { status = "ok" }\nready_within = "3 s"'
    assert execute(box("http", step), context(world)).state == "failed"
    assert asked[-1] - asked[0] < 60


@pytest.mark.fault("slow, taken for broken")
def test_another_answer_after_a_long_start_is_not_asked_for_without_a_pause() -> None:
    world, step = World(rate=20), box("service", ALLOWING)
    asked: list[float] = []

    def reply(_: object) -> HttpResponse:
        asked.append(world.clock.monotonic())
        return answer(503 if asked[-1] - asked[0] < 4 else 200, text='{"commit": "of before"}')

    world.on_web("/api/health", reply)
    assert "of before" in step.wait_for_commit(context(world), 15, ready_within=6)
    assert asked[-1] - asked[0] > 10
    assert min(later - before for before, later in pairwise(asked)) >= 0.1


def test_a_page_may_expect_the_limit() -> None:
    world = World()
    limited_for(world, 100)
    outcome = execute(box("http", 'web = "api"\npath = "/api/health"\nstatus = 429'), context(world))
    assert outcome.state == "done", outcome.summary


def test_a_restart_waits_for_the_limit_and_does_not_use_it_up() -> None:
    world = new_code()
    world.running = NEW
    asked = limited_for(world, 2)
    outcome = execute(box("service", ALLOWING), context(world))
    assert outcome.state == "done", outcome.summary
    assert asked[1] - asked[0] >= 7, "the limit says when it lets a request pass"


@pytest.mark.fault("slow, taken for broken")
def test_a_restart_is_not_called_wrong_because_of_a_limit() -> None:
    world = new_code()
    asked = limited_for(world, 1000)
    outcome = execute(box("service", ALLOWING), context(world))
    assert (outcome.state, outcome.inconclusive) == ("failed", True)
    assert "answers from a limit on requests (429), so the service itself was not asked" in outcome.summary
    assert len(asked) < 20, "a limit is not asked ten times a second"


def test_a_service_that_dies_while_a_limit_is_waited_for_is_noticed_before_the_limit_is_over() -> None:
    world = new_code()
    asked: list[float] = []

    def reply(_: object) -> HttpResponse:
        asked.append(world.clock.monotonic())
        return replace(LIMITED, headers={"Retry-After": "60"})

    world.on_web("/api/health", reply)
    step, ctx, began = box("service", ALLOWING), context(world), world.clock.monotonic()
    said = step.wait_for_commit(ctx, 15, ready_within=600, died=lambda: world.clock.monotonic() - began > 5)
    assert said == "from a limit on requests (429)"
    assert asked[-1] - began < 60


@pytest.mark.parametrize(
    ("said", "seconds"), [("7", 7), ("0", 1), ("9999", 60), ("Wed, 21 Oct 2026 07:28:00 GMT", 5), ("", 5), ("-1", 5)]
)
def test_the_wait_is_bounded(said: str, seconds: float) -> None:
    assert wait_asked_for(said) == seconds
