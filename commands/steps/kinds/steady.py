"""`steady`: checks later that a pm2 service is still the same healthy process."""

from __future__ import annotations

import math
from datetime import datetime, timedelta
from typing import ClassVar

from pydantic import Field

from commands.steps.execution import host_plan, pause
from commands.steps.outcome import Context, Outcome, done, failed
from commands.steps.shared.pm2 import ANSWER_TIMEOUT, NOW, STATE, Pm2Step, unread_note
from commands.steps.shared.pm2_processes import ServiceLogs, described, process_problems, split_list
from commands.steps.values import fill
from commands.text.durations import Duration, format_duration, parse_duration

_ERROR_LINES = 8  # that the thread shows


class SteadyStep(Pm2Step):
    """Checks some seconds after a restart that every process of a pm2 service is still the same and healthy.

    pm2 restarts a process at once when it dies, so only the processes and pm2's own count of restarts show a crash
    loop. Other steps may run at the same time (`after`), and their requests are part of the test.
    """

    kind: ClassVar[str] = "steady"
    proves: ClassVar[str] = (
        "the processes of the restart still run, the health address answers the commit, and the logs have no new error"
    )
    follows_restart: ClassVar[bool] = True

    lasts: Duration = Field(
        default=parse_duration("5 s"), description="How long the service must have been up.", examples=["30 s"]
    )
    pid: str = Field(
        default="<pid>",
        description="The processes that must still run. Without it, those of the `service` step.",
        examples=["<pid>"],
    )
    restarts: str = Field(
        default="<restarts>",
        description="How often pm2 had restarted them. Without it, what the `service` step saw.",
        examples=["<restarts>"],
    )
    log_out: str = Field(
        default="<log_out>",
        description="The log of what the service prints. Without it, that of the `service` step.",
        examples=["<log_out>"],
    )
    log_err: str = Field(
        default="<log_err>",
        description="The log of its errors. Without it, that of the `service` step.",
        examples=["<log_err>"],
    )
    since_out: str = Field(
        default="<log_offset_out>",
        description="Where the new lines of `log_out` begin. Without it, at the restart.",
        examples=["<log_offset_out>"],
    )
    since_err: str = Field(
        default="<log_offset_err>",
        description="Where the new lines of `log_err` begin. Without it, at the restart.",
        examples=["<log_offset_err>"],
    )

    def look(self) -> timedelta:
        return self.lasts

    def plan(self) -> list[str]:
        return [
            (
                f"{format_duration(self.lasts)} after {self.name} started: still process {self.pid}, online, "
                f"still {self.restarts} restarts"
            ),
            *host_plan(self.host, f"{STATE}\n{NOW}", self.host_env()),
            *self.plan_of_checks(),
        ]

    def run(self, ctx: Context) -> Outcome:
        pids, restarts = (split_list(fill(text, ctx.values)) for text in (self.pid, self.restarts))
        before = list(zip(pids, restarts, strict=False))
        since = ServiceLogs(
            out=fill(self.log_out, ctx.values),
            err=fill(self.log_err, ctx.values),
            out_from=fill(self.since_out, ctx.values),
            err_from=fill(self.since_err, ctx.values),
        )
        first = self.processes(ctx)
        if not process_problems(before, first):
            pause(ctx, self.lasts.total_seconds() - min(_ready_for(ctx), *(process.uptime for process in first)))
        answer = self.wait_for_commit(ctx, ANSWER_TIMEOUT)
        now, new = self.processes_and_errors(ctx, since)
        problems = [*process_problems(before, now), *self.problems(ctx, answer, new.lines)]
        lines = (*described(now), *new.lines[:_ERROR_LINES])
        if problems:
            unasked = self.unasked(answer, problems)
            return failed(
                f"{self.name} did not stay healthy: {'; '.join(problems)}.", lines=lines, inconclusive=unasked
            )
        age = format_duration(self.lasts)
        compared = (f"{self.name} is still the same process after {age}",)
        summary = f"{age} after its start, {self.name} is still the same process and healthy."
        return done(summary + unread_note(new), lines=lines, compared=compared)


def _ready_for(ctx: Context) -> float:
    """The seconds since the `service` step saw that the service was ready, as far as it says so."""
    try:
        ready_at = datetime.fromisoformat(ctx.values["ready_at"])
    except (KeyError, ValueError):
        return math.inf
    return max((ctx.tools.clock.now() - ready_at).total_seconds(), 0)
