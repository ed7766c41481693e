"""A proxy that does not reach what runs: the service is not said to have failed to start."""

from __future__ import annotations

import pytest

from commands.steps.base import execute
from commands.steps.outcome import Outcome
from tests.commands.steps.builders import box, context
from tests.commands.steps.kinds.pm2_service import SERVICE, service_json, state_result
from tests.commands.steps.kinds.test_steady import RESTARTED
from tests.production import NEW, answer
from tests.world import World

QUICK = '\nready_within = "5 s"'
NOT_REACHED = (
    ", but /api/health on api answers with status {} instead of commit = "
    + NEW
    + ": the proxy in front does not reach it. "
    "Compare the address at which it listens with the one that the proxy asks; nginx keeps an old one until it is "
    "reloaded."
)


def run(kind: str, toml: str, status: int, **state: object) -> Outcome:
    world = World()
    world.head = world.running = NEW
    world.on_web("/api/health", answer(status, text="<html><center>nginx/1.22.1</center>"))
    if state:
        world.on_host("now=%s", state_result(service_json(**state)))
    return execute(box(kind, toml), context(world, RESTARTED if kind == "steady" else None))


@pytest.mark.fault("a cause that nobody has seen")
@pytest.mark.parametrize("status", [502, 504])
def test_a_proxy_that_does_not_reach_a_service_that_runs_is_named(status: int) -> None:
    outcome = run("service", SERVICE + QUICK, status)
    assert outcome.state == "failed"
    assert outcome.summary == "dj-system-api runs" + NOT_REACHED.format(status)


@pytest.mark.fault("a cause that nobody has seen")
def test_later_it_is_named_as_well() -> None:
    outcome = run("steady", SERVICE + '\nlasts = "5 s"', 502)
    assert (outcome.state, outcome.summary) == ("failed", "dj-system-api still runs" + NOT_REACHED.format(502))


def test_a_service_that_says_itself_that_it_is_not_ready_is_not_the_proxys_fault() -> None:
    assert run("service", SERVICE + QUICK, 503).summary.startswith("dj-system-api did not start properly: ")


def test_a_process_that_dies_behind_a_proxy_is_what_is_wrong() -> None:
    outcome = run("service", SERVICE + QUICK, 502, pid=109, restarts=9)
    assert outcome.summary.startswith("dj-system-api did not start properly: ")
    assert "the proxy" not in outcome.summary
