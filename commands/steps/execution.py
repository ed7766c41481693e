"""How a step acts: its one job on a host, found again after a crash, and how it waits."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from commands.ports.shell import CommandResult, Job
from commands.steps.base import StepBox, execute
from commands.steps.outcome import Context, Outcome, unknown
from commands.steps.values import fill
from state.errors import Stopped


def host_plan(host: str, script: str, env: Mapping[str, str] | None = None) -> list[str]:
    """A script as plan lines: every line that will run on the host, then what its variables stand for."""
    given = ", ".join(f"{name}={value}" for name, value in (env or {}).items())
    return [f"on {host}: {line}" for line in script.splitlines()] + ([f"with {given}"] if given else [])


def run_job(box: StepBox, ctx: Context, host: str, script: str, env: Mapping[str, str]) -> CommandResult:
    """Run a script as the one job of this attempt; where the job exists it is attached to, never started twice."""
    filled = {name: fill(value, ctx.values) for name, value in env.items()}
    job = Job(key=ctx.key, script=script, env=filled, limit=box.limit.total_seconds())
    return ctx.tools.shell.run(host, job, stop=ctx.stop, on_output=ctx.on_output)


def recover_job(box: StepBox, ctx: Context, host: str) -> Outcome:
    """After a crash: judge the job of this attempt if it ended, stay with it if it runs, and begin it if it never began.

    The job's folder on the host decides which it is, whoever else may still be on the way there.
    """
    if ctx.tools.shell.job_status(host, ctx.key).state == "dead":
        return unknown("The command is gone from the host and left no exit code; look at the host before you decide.")
    return execute(box, ctx)


def wait_since_start(ctx: Context, lasts: timedelta) -> None:
    """Wait until so much time has passed since the step first began. Raises Stopped when a person stops the step."""
    pause(ctx, (ctx.began_at + lasts - ctx.tools.clock.now()).total_seconds())


def pause(ctx: Context, seconds: float) -> None:
    """Wait some seconds from now. Raises Stopped when a person stops the step."""
    # by the clock that nobody can set: the time of day may jump while it waits
    until = ctx.tools.clock.monotonic() + seconds
    while (left := until - ctx.tools.clock.monotonic()) > 0:
        if ctx.stop.wait(min(left, 0.1)):
            raise Stopped("Stopped by a person while it waited.")
