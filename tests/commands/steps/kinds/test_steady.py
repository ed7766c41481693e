"""`steady`: checks that the restarted process still runs some seconds later."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest

from commands.steps.base import execute
from commands.steps.outcome import Outcome
from state.errors import Down, Unreachable
from tests.commands.steps.builders import box, context, plan
from tests.commands.steps.kinds.pm2_service import SERVICE, nothing_json, processes_json, service_json, state_result
from tests.production import NEW, OLD, answer
from tests.world import World

STEADY = SERVICE + '\nlasts = "5 s"'
RESTARTED = {
    "pid": "100",
    "restarts": "3",
    "log_out": "/logs/out.log",
    "log_err": "/logs/err.log",
    "log_offset_out": "500",
    "log_offset_err": "40",
}


def new_code() -> World:
    """A world that serves the new code since a restart."""
    world = World()
    world.running = NEW
    return world


def run_step(world: World) -> Outcome:
    return execute(box("steady", STEADY), context(world, RESTARTED))


def test_the_plan_names_the_process_and_its_age() -> None:
    text = plan(box("steady", STEADY))
    assert "5 s after dj-system-api started: still process <pid>, online, still <restarts> restarts" in text
    assert "GET /api/health on api, expects commit = <commit>" in text


def test_it_needs_the_values_of_the_restart() -> None:
    assert {"pid", "restarts", "log_err", "log_offset_err", "commit"} <= box("steady", STEADY).inputs()


def test_a_service_that_stays_up_passes_when_its_process_is_old_enough() -> None:
    world = new_code()
    began = world.clock.now()
    outcome = run_step(world)
    # whether it is healthy, its address may say in other fields, which are not read
    is_up = "is still the same process, online, and answers with commit 2222222222"
    assert outcome.summary == f"5 s after its start, dj-system-api {is_up}."
    assert (world.clock.now() - began).total_seconds() >= 3.5, "it did not wait until the process was 5 s old"
    env = dict(world.asked[-1][1])
    assert env["ERR_FROM"] == "40", "the log was not read from the restart on"


@pytest.mark.fault("a cause that nobody has seen")
def test_a_service_that_the_bots_network_does_not_reach_is_not_called_wrong() -> None:
    world = new_code()
    world.on_web("health", Unreachable("“api” cannot be reached: its name cannot be resolved here."))
    outcome = run_step(world)
    assert (outcome.state, outcome.inconclusive) == ("failed", True), outcome.summary
    assert "answers nothing to the bot: “api” cannot be reached: its name cannot be resolved here" in outcome.summary
    world.on_web("health", Down("“api” cannot be reached: nothing answers at its address."))
    assert not run_step(world).inconclusive


def test_an_old_server_that_answers_beside_the_new_one_fails_the_step() -> None:
    world = new_code()
    answers = itertools.cycle(
        [answer(200, {"commit": NEW}), answer(200, {"commit": NEW}), answer(200, {"commit": OLD})]
    )
    world.on_web("GET api /api/health", lambda _: next(answers))
    outcome = run_step(world)
    assert outcome.state == "failed"
    assert f"/api/health on api answers 6 of 20 times commit = {OLD[:10]}" in outcome.summary, outcome.summary


def test_a_crash_loop_that_shows_during_the_wait_fails_the_step() -> None:
    world = new_code()
    states = iter([service_json(pid=100, restarts=3), service_json(pid=109, restarts=5)])
    world.on_host("now=%s", lambda _: state_result(next(states)))
    outcome = run_step(world)
    assert outcome.state == "failed"
    assert outcome.summary == "dj-system-api did not stay healthy: it was started again (3 → 5 restarts)."


def test_another_process_is_reported_without_waiting() -> None:
    world = new_code()
    world.on_host("now=%s", state_result(service_json(pid=101, restarts=4)))
    step = box("steady", STEADY.replace("5 s", "1 h"))
    assert "it was started again (3 → 4 restarts)" in execute(step, context(world, RESTARTED)).summary


def test_a_service_that_pm2_no_longer_lists_fails_the_step() -> None:
    world = new_code()
    world.on_host("now=%s", state_result(nothing_json()))
    assert run_step(world).summary == "dj-system-api did not stay healthy: pm2 no longer lists it."


def test_another_commit_or_a_failing_health_check_fails_the_step() -> None:
    world = new_code()
    world.running = OLD
    assert f"/api/health on api answers commit = {OLD} instead of commit = {NEW}." in run_step(world).summary
    world.on_web("health", answer(503))
    assert "/api/health on api answers with status 503 instead of commit = " in run_step(world).summary


def test_new_error_lines_fail_the_step_and_are_listed() -> None:
    world = new_code()
    world.log_lines = ["ERROR GET /api/jobs no such table"]
    outcome = run_step(world)
    assert outcome.state == "failed"
    assert "ERROR GET /api/jobs no such table" in outcome.lines


@pytest.mark.fault("the first of several for all")
def test_the_second_process_must_stay_up_too() -> None:
    world = new_code()
    both = RESTARTED | {"pid": "101,102", "restarts": "4,4", "log_err": "/e-0:/e-1", "log_offset_err": "6,6"}
    dead = processes_json({}, {"pid": 0, "status": "errored", "restarts": 17})
    states = iter([processes_json({"uptime": 9.0}, {}), dead])
    world.on_host("now=%s", lambda _: state_result(next(states)))
    began = world.clock.now()
    outcome = execute(box("steady", STEADY), context(world, both))
    assert outcome.summary == (
        "dj-system-api did not stay healthy: pm2 reports the status of process 1 as errored; "
        "process 1 was started again (4 → 17 restarts)."
    )
    assert (world.clock.now() - began).total_seconds() >= 3.9, "it did not wait for the youngest process"
    assert dict(world.asked[-1][1])["ERR_FROM"] == "6,6"


def test_a_rollback_that_looks_for_less_time_than_the_deploy_is_named() -> None:
    deploy = box("service", SERVICE + '\nsteady = "10 s"')
    back = box("steady", SERVICE + '\nlasts = "3 s"')
    assert back.rollback_warning({"restart": deploy}) == (
        "this check of dj-system-api lasts 3 s, and that of the deploy 10 s; a version that dies in between would be "
        "reported as rolled back"
    )
    as_long = box("steady", SERVICE + '\nlasts = "10 s"')
    assert as_long.rollback_warning({"restart": deploy}) == ""
    assert back.page_warning({"restart": deploy, "steady": back}) == "", "a step of the deploy"
    handed_on = box("service", SERVICE + '\nsteady_in = "back"\nundoes = "code"')
    assert handed_on.rollback_warning({"restart": deploy}) == ""


def test_it_counts_from_the_moment_at_which_the_service_was_ready() -> None:
    world = new_code()
    world.on_host("now=%s", state_result(service_json(pid=100, restarts=3, uptime=40.0)))
    began = world.clock.now()
    ready = RESTARTED | {"ready_at": began.isoformat()}
    assert execute(box("steady", STEADY.replace("5 s", "20 s")), context(world, ready)).state == "done"
    assert (world.clock.now() - began).total_seconds() >= 20, "a process that is old may have begun to serve just now"


def test_an_answer_of_a_cache_says_nothing_about_the_service() -> None:
    world = new_code()
    world.on_web("health", replace(answer(data={"commit": NEW}), headers={"x-cache": "HIT"}))
    outcome = run_step(world)
    assert (outcome.state, outcome.inconclusive) == ("failed", True)
    assert "so the service itself was not asked" in outcome.summary
