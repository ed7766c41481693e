"""`steady`: checks later that services are still the same healthy processes."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import ClassVar

from pydantic import Field

from commands.ports.page_text import PLACEHOLDER
from commands.steps.execution import pause
from commands.steps.outcome import Context, Outcome, done, failed
from commands.steps.plan_line import program_plan
from commands.steps.shared.service import ERROR_LINES, NOW, ServiceBox, state_problems, unread_note, unseen_note
from commands.steps.values import fill
from commands.systems.services.judgement import described, lost, process_problems, split_identities
from commands.text.durations import Duration, format_duration, parse_duration

# the fields that name where each value of a manager's `log_values` comes from
_LOG_FIELDS = {
    "log_out": "log_out",
    "log_err": "log_err",
    "log_offset_out": "since_out",
    "log_offset_err": "since_err",
    "log_mark": "since",
}


class SteadyStep(ServiceBox):
    """Checks some seconds after a restart that every process of a service is still the same, and answers the commit.

    A manager restarts a process at once when it dies, so only the processes and its own count of restarts show a crash
    loop. Other steps may run at the same time (`after`), and their requests are part of the test. What the health
    address says besides the commit, such as `"status": "unhealthy"`, is judged by an `http` step with `expect`.
    """

    kind: ClassVar[str] = "steady"
    proves: ClassVar[str] = (
        "the processes of the restart still run, the health address always answers the commit, and the logs have no "
        "new error"
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
        description="How often they had been restarted by themselves. Without it, what the `service` step saw.",
        examples=["<restarts>"],
    )
    log_out: str = Field(
        default="<log_out>",
        description="The log of what the service prints, if it is a file. Without it, that of the `service` step.",
        examples=["<log_out>"],
    )
    log_err: str = Field(
        default="<log_err>",
        description="The log of its errors, if it is a file. Without it, that of the `service` step.",
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
    since: str = Field(
        default="<log_mark>",
        description="Where the new lines of a log that is no file begin. Without it, at the restart.",
        examples=["<log_mark>"],
    )

    def inputs(self) -> set[str]:
        """Without what only the logs of other managers need."""
        others = {field for name, field in _LOG_FIELDS.items() if name not in self.manages.log_values}
        return set(PLACEHOLDER.findall(repr(self.model_dump(exclude=others))))

    def look(self) -> timedelta:
        return self.lasts

    def plan(self) -> list[str]:
        says = f"asks {'RUNNING' if self.manager == 'commands' else self.manager} what runs"
        return [
            (
                f"{format_duration(self.lasts)} after {self.called} started: still process {self.pid}, "
                f"{self.manages.up}, still {self.restarts} restarts"
            ),
            *program_plan(self.host, says, f"{self.manages.state}\n{NOW}", self.plan_env()),
            *self.plan_of_checks(),
        ]

    def run(self, ctx: Context) -> Outcome:
        before = split_identities(fill(self.pid, ctx.values), fill(self.restarts, ctx.values))
        first = self.state(ctx).processes
        if not process_problems(self.manages, before, first):
            pause(ctx, self.lasts.total_seconds() - min(_ready_for(ctx), *(process.uptime for process in first)))
        answer = self.commit_of_all(ctx)
        now, new = self.state_and_errors(ctx, self._logs(ctx))
        problems = [
            *state_problems(self, ctx, answer, now),
            *process_problems(self.manages, before, now.processes),
            *(() if self.web else lost(first, now.processes)),
            *self.problems(ctx, answer, new.lines),
        ]
        lines = (*described(now.processes), *new.lines[:ERROR_LINES])
        if problems:
            unasked = self.unasked(answer, problems)
            why = f"did not stay healthy: {'; '.join(problems)}"
            if behind := self.not_reached(answer, problems):
                why = f"still {'run' if self.names else 'runs'}, but {behind}"
            return failed(f"{self.called} {why}.", lines=lines, inconclusive=unasked)
        age = format_duration(self.lasts)
        same = "are still the same processes" if self.names else "is still the same process"
        found = f"{same}, {self.manages.up}"
        if not all(process.is_seen for process in now.processes):
            found = same = f"{'were' if self.names else 'was'} not started again"
        if self.web:
            found += f", and answers with commit {fill(self.commit, ctx.values)[:10]}"
        compared = (f"{self.called} {same} after {age}",)
        summary = f"{age} after {'their' if self.names else 'its'} start, {self.called} {found}."
        return done(summary + unseen_note(self, now) + unread_note(new), lines=lines, compared=compared)

    def _logs(self, ctx: Context) -> Mapping[str, str]:
        """Where the logs were at the restart."""
        return {name: fill(getattr(self, _LOG_FIELDS[name]), ctx.values) for name in self.manages.log_values}


def _ready_for(ctx: Context) -> float:
    """The seconds since the `service` step saw that the service was ready, as far as it says so."""
    try:
        ready_at = datetime.fromisoformat(ctx.values["ready_at"])
    except (KeyError, ValueError):
        return math.inf
    return max((ctx.tools.clock.now() - ready_at).total_seconds(), 0)
