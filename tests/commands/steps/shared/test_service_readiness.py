"""Services that were restarted are waited for, until the manager says that they are ready."""

from __future__ import annotations

from datetime import timedelta

from commands.ports.shell import CommandResult
from commands.steps.base import execute
from commands.steps.shared.service_readiness import wait_until_ready
from tests.commands.steps.builders import box, context
from tests.production import NEW, OLD, answer, ended
from tests.world import World

COMMANDS = 'host = "h"\nmanager = "commands"\nname = "api"\nrunning = "x"\nrestart = "do-restart"\nready = "x"\n'


def says(*running: str, ready: bool = True, name: str = "now") -> str:
    """What the function `state` prints, after the name of its moment."""
    lines = ["name=api", "code=0", *(f"running={one}" for one in running), f"ready={0 if ready else 1}"]
    return "".join(f"{name}={line}\n" for line in [*lines, "mark=2026-11-28T22:00:00.000Z"])


def rolling(world: World, *looks: str) -> None:
    """Let the restart begin with one old process, and these be the looks after it; the last one stays."""
    left = [*looks]
    if looks:
        world.on_host("now=%s", lambda _: ended((left.pop(0) if len(left) > 1 else left[0]) + "code=0\nread=1\n"))
    world.on_host("do-restart|restart_failed", ended(says("old 0", name="before") + says("old 0", name="after")))


def test_processes_that_are_replaced_one_by_one_are_waited_for() -> None:
    world = World()
    rolling(world, says("old 0", "new 0", ready=False), says("old 0", "new 0"), says("new 0"))
    outcome = execute(box("service", COMMANDS), context(world))
    assert outcome.state == "done", outcome.summary
    assert "api is ready with a new process, stable for 10 s." in outcome.summary


def test_the_commit_of_old_processes_is_no_failure_while_they_are_replaced() -> None:
    world = World()
    until = world.clock.monotonic() + 40

    def look(_: object) -> CommandResult:
        old = says("old 0", "new 0", ready=False)
        return ended((old if world.clock.monotonic() < until else says("new 0")) + "code=0\nread=1\n")

    rolling(world)
    world.on_host("now=%s", look)
    world.on_web("health", lambda _: answer(data={"commit": OLD if world.clock.monotonic() < until else NEW}))
    outcome = execute(box("service", COMMANDS + 'web = "api"\ncommit = "<commit>"\n'), context(world))
    assert outcome.state == "done", outcome.summary


def test_an_old_process_that_stays_is_reported_when_the_time_is_over() -> None:
    world = World()
    rolling(world, says("old 0", "new 0"))
    outcome = execute(box("service", COMMANDS), context(world))
    assert (outcome.state, "process 2 is not new" in outcome.summary) == ("failed", True), outcome.summary


def test_one_that_dies_while_the_others_are_replaced_is_seen_at_once() -> None:
    world = World()
    rolling(world, says("old 0", "new 1", ready=False))
    began = world.clock.monotonic()
    outcome = execute(box("service", COMMANDS + 'ready_within = "20 min"\n'), context(world))
    assert outcome.summary.startswith("api did not start properly: process 1 was started again (0 → 1 restarts)")
    assert world.clock.monotonic() - began < 900


def test_what_never_gets_ready_is_given_up() -> None:
    world = World()
    rolling(world, says("new 0", ready=False))
    outcome = execute(box("service", COMMANDS), context(world))
    assert "`running` reports its status as not ready" in outcome.summary


def test_a_service_that_is_ready_is_not_asked_about_again() -> None:
    world, step = World(), box("service", 'host = "h"\nname = "worker"\n')
    state = step.state(context(world))
    world.asked.clear()
    seen = wait_until_ready(step, context(world), state, state, timedelta(minutes=1))
    assert (seen.state, seen.died, world.asked) == (state, False, [])
