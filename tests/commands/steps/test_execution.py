"""How a step runs its job, recovers it, and waits, even if the clock is set during the wait."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from threading import Event, Thread

import pytest

from commands.ports.page_text import PageText
from commands.ports.shell import Job
from commands.steps.base import execute
from commands.steps.execution import pause, recover_job, run_job, wait_since_start
from commands.steps.outcome import Context, Outcome
from state.errors import Stopped
from tests.clock import Clock
from tests.commands.steps.access_log import TRAFFIC
from tests.commands.steps.builders import box, context
from tests.commands.steps.kinds.pm2_service import SERVICE, restart_result, service_json
from tests.local_shell import LocalShell
from tests.production import NEW, OLD, answer, ended
from tests.world import World

JUMPS = [timedelta(hours=-1), timedelta(hours=4)]
RUN = 'host = "h"\ncommands = ["deploy"]'


def test_a_job_has_the_key_of_the_attempt_and_filled_in_variables() -> None:
    world = World()
    jobs: list[Job] = []
    world.on_host("deploy", jobs.append)
    ctx = context(world)
    run_job(box("run", RUN + '\nlimit = "1 min"'), ctx, "h", "deploy", {"COMMIT": "<commit>", "KEY": "$KEY"})
    (job,) = jobs
    assert (job.key, job.limit) == (ctx.key, 60)
    assert job.env == {"COMMIT": PageText("<commit>", ctx.values), "KEY": PageText("$KEY", ctx.values)}
    assert str(job.env["COMMIT"]) == NEW


def test_after_a_crash_a_job_that_ended_or_never_began_runs_only_once() -> None:
    world = World()
    ctx, step = context(world), box("run", RUN)
    assert [recover_job(step, ctx, "h").state for _ in range(2)] == ["done", "done"]
    assert world.begun == {ctx.key: 1}


def test_after_a_crash_a_job_without_an_exit_code_is_unknown_and_not_run_again() -> None:
    shell = LocalShell({})
    ctx = context(World(), shell=shell)
    shell.dead.add(ctx.key)
    outcome = recover_job(box("run", RUN), ctx, "h")
    assert outcome.state == "unknown"
    assert outcome.summary == (
        "The command is no longer running on host “h” and left no exit code. Check the host before you decide."
    )
    assert not shell.ended
    assert shell.told_to_end == [ctx.key], "a container that it started may still run"


@pytest.mark.parametrize(
    ("code", "counts", "begun"), [(0, True, [1]), (0, False, [1, 2]), (1, True, [1, 2]), (None, True, [2])]
)
def test_a_job_whose_end_is_unknown_is_looked_at_before_the_step_runs_again(
    code: int | None, counts: bool, begun: list[int]
) -> None:
    world = World()
    first, second = context(world), context(world, attempt=2)
    if code is not None:
        world.on_host("deploy", ended("deployed", code))
        execute(box("run", RUN), first)
        world.forget("deploy")
    outcome = execute(box("run", RUN), replace(second, unsettled={first.key: counts}))
    assert outcome.state == "done"
    assert world.begun == {context(world, attempt=attempt).key: 1 for attempt in begun}


def test_a_job_that_still_runs_is_waited_for_and_not_started_beside_itself() -> None:
    world = World()
    world.hang("deploy")
    first, second = context(world), replace(context(world, attempt=2), unsettled={context(world).key: True})
    outcomes: list[Outcome] = []
    threads = [Thread(target=lambda ctx=ctx: outcomes.append(execute(box("run", RUN), ctx))) for ctx in (first, second)]
    for thread in threads:
        thread.start()
        while first.key not in world.begun:
            pass
    world.finish("deploy")
    for thread in threads:
        thread.join()
    assert [outcome.state for outcome in outcomes] == ["done", "done"]
    assert world.begun == {first.key: 1}


@pytest.mark.parametrize("wait", [lambda ctx: pause(ctx, 60), lambda ctx: wait_since_start(ctx, timedelta(minutes=1))])
def test_a_person_can_stop_a_wait(wait: object) -> None:
    ctx = context(World(rate=0))
    ctx.stop.set()
    assert callable(wait)
    with pytest.raises(Stopped, match="Stopped by a person during the wait"):
        wait(ctx)


class SettingStop(Event):
    """A stop that is never requested. Each wait passes at once; during the first one somebody sets the clock."""

    def __init__(self, clock: Clock, jump: timedelta) -> None:
        super().__init__()
        self.clock, self.jump, self.waits = clock, jump, 0

    def wait(self, timeout: float | None = None) -> bool:
        self.clock.jumped, self.waits = self.jump, self.waits + 1
        self.clock.move(seconds=max(timeout or 0, 0.001))
        return self.waits > 2000  # a wait that never ends must not block the tests


def world_with_jump(jump: timedelta) -> tuple[World, Context]:
    """A world in which time passes only during waits, and a context in it."""
    world = World(rate=0)
    world.running = NEW
    return world, replace(context(world, {"countdown": "1"}), stop=SettingStop(world.clock, jump))


@pytest.mark.parametrize("jump", JUMPS)
@pytest.mark.parametrize("kind", ["wait", "notify"])
def test_a_soak_and_a_countdown_have_their_full_length(kind: str, jump: timedelta) -> None:
    world, ctx = world_with_jump(jump)
    toml = {"wait": 'lasts = "1 min"\nwhy = "soak"', "notify": 'text = "Go"\ncountdown = true'}[kind]
    assert execute(box(kind, toml), ctx).state == "done"
    assert world.clock.monotonic() == pytest.approx(60, abs=0.2)


@pytest.mark.parametrize("jump", JUMPS)
def test_a_pause_has_its_full_length(jump: timedelta) -> None:
    world, ctx = world_with_jump(jump)
    pause(ctx, 1)
    assert world.clock.monotonic() == pytest.approx(1, abs=0.2)


@pytest.mark.parametrize("jump", JUMPS)
def test_a_service_has_the_full_time_to_answer(jump: timedelta) -> None:
    world, ctx = world_with_jump(jump)
    world.running = OLD
    assert box("steady", SERVICE).wait_for_commit(ctx, 3.0) == f"commit = {OLD}"
    assert world.clock.monotonic() == pytest.approx(3, abs=0.2)


def test_a_wait_that_began_before_the_clock_jumped_waits_only_for_the_rest() -> None:
    world = World(rate=0)
    ctx = context(world)
    world.clock.move(seconds=59)
    world.clock.jump(hours=-1)
    stop = SettingStop(world.clock, timedelta(hours=-1))
    ctx = replace(ctx, began_at=ctx.began_at - timedelta(hours=1), stop=stop)
    assert execute(box("wait", 'lasts = "1 min"\nwhy = "soak"'), ctx).state == "done"
    assert world.clock.monotonic() == pytest.approx(60, abs=0.2)


@pytest.mark.parametrize("jump", JUMPS)
def test_the_moment_of_a_restart_is_by_the_clock_at_the_end_of_the_step(jump: timedelta) -> None:
    world, ctx = world_with_jump(jump)
    world.on_host("pm2 restart", restart_result(service_json(pid=100, restarts=3), service_json()))
    answers = iter([answer(503)])
    world.on_web("health", lambda _: next(answers, answer(200, {"commit": NEW})))
    outcome = execute(box("service", SERVICE + '\nsteady_in = "steady"'), ctx)
    assert outcome.state == "done", outcome.summary
    uptime = world.clock.now() - datetime.fromisoformat(outcome.timestamps["restarted_at"])
    assert uptime.total_seconds() == pytest.approx(1.1, abs=0.2)


@pytest.mark.parametrize("jump", JUMPS)
def test_traffic_since_the_first_check_counts_by_the_clock_of_now(jump: timedelta) -> None:
    world = World(rate=0)
    ctx = context(world)
    ctx = replace(ctx, began_at=ctx.began_at + jump)
    world.clock.jumped = jump
    world.clock.move(seconds=60)
    assert box("traffic", TRAFFIC)._window(ctx).total_seconds() == pytest.approx(60, abs=0.2)
