"""How a step runs a script on a host as one job, recovers that job after a crash, and waits."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from threading import Event

from commands.ports.clock import Clock
from commands.ports.page_text import Text
from commands.ports.shell import CommandResult, Job
from commands.steps.base import StepBox, execute
from commands.steps.outcome import Context, Outcome, unknown
from commands.steps.values import page_texts
from state.errors import Failed, Stopped

_STOP_CHECK = 0.1  # seconds between two checks whether a person stopped the step


def run_job(
    box: StepBox,
    ctx: Context,
    host: str,
    script: str,
    env: Mapping[str, Text],
    data: Mapping[str, Text] | None = None,
    *,
    hides: re.Pattern[str] | None = None,
) -> CommandResult:
    """Run a script as the one job of this attempt. A job that exists already is attached to, never started twice.

    If the end of the attempt before is unknown, its job is looked at first: while it runs it is waited for, and if it
    succeeds its result counts.

    `env` are texts of the page, `data` are further variables that are passed as they are. Lines that begin with `hides`
    are the script's words to the bot: people see them neither while it runs nor when it is killed.
    """

    def seen(text: str) -> str:
        return "\n".join(line for line in text.splitlines() if not hides.match(line)) if hides else text

    def show(text: str) -> None:
        ctx.on_output(seen(text))

    variables = page_texts(env, ctx.values) | dict(data or {})
    job = Job(key=ctx.key, script=script, env=variables, limit=box.limit.total_seconds())
    try:
        for key, counts in ctx.unsettled.items():
            if ctx.tools.shell.job_status(host, key).state in {"running", "finished"}:
                earlier = ctx.tools.shell.run(host, replace(job, key=key), stop=ctx.stop, on_output=show)
                if counts and earlier.code == 0:
                    return earlier
        return ctx.tools.shell.run(host, job, stop=ctx.stop, on_output=show)
    except Failed as error:
        error.output = seen(error.output)
        raise


def recover_job(box: StepBox, ctx: Context, host: str) -> Outcome:
    """After a crash: judge this attempt's job if it ended, attach to it if it runs, start it if it never started.

    The job's folder on the host decides which of these it is, even if another process starts the job at the same time.
    """
    if ctx.tools.shell.job_status(host, ctx.key).state == "dead":
        ctx.tools.shell.end(host, ctx.key)  # its containers may still run
        gone = f"The command is no longer running on host “{host}” and left no exit code."
        return unknown(f"{gone} Check the host before you decide.")
    return execute(box, ctx)


def wait_since_start(ctx: Context, duration: timedelta) -> None:
    """Wait until the step's first attempt began `duration` ago. Raises Stopped when a person stops the step."""
    pause(ctx, (ctx.began_at + duration - ctx.tools.clock.now()).total_seconds())


def pause(ctx: Context, seconds: float) -> None:
    """Wait for some seconds from now. Raises Stopped when a person stops the step."""
    wait(ctx.tools.clock, ctx.stop, seconds)


def wait(clock: Clock, stop: Event, seconds: float) -> None:
    """Wait for some seconds from now. Raises Stopped as soon as `stop` is set."""
    # the monotonic clock, because the time of day may jump during the wait
    until = clock.monotonic() + seconds
    while (remaining := until - clock.monotonic()) > 0:
        if stop.wait(min(remaining, _STOP_CHECK)):
            raise Stopped("Stopped by a person during the wait.")
