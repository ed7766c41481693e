"""`steady`: looks, some seconds after a pm2 service began, whether it is still the process that was restarted, and well."""

from __future__ import annotations

from typing import ClassVar

from commands.steps.execution import host_plan, pause
from commands.steps.outcome import Context, Outcome, done, failed
from commands.steps.shared.pm2 import NOW, STATE, Pm2Box, unsteady
from commands.steps.values import fill
from commands.text.durations import Duration, format_duration, parse_duration

PATIENCE = 3.0  # seconds in which a service that is up must answer


class SteadyStep(Pm2Box):
    """The `service` step above restarted it; `lasts` counts from the process' own start. pm2 restarts what dies at once, so
    every loop that is shorter than that is seen: by the process, and by pm2's own count of restarts.

    Other steps may go on beside it (`after`), and what they ask of the service is part of what it must stand.
    """

    kind: ClassVar[str] = "steady"
    judges_restart: ClassVar[bool] = True

    lasts: Duration = parse_duration("5 s")
    pid: str = "<pid>"
    restarts: str = "<restarts>"
    log_out: str = "<log_out>"
    log_err: str = "<log_err>"
    since_out: str = "<log_offset_out>"
    since_err: str = "<log_offset_err>"

    def plan(self) -> list[str]:
        return [
            f"{format_duration(self.lasts)} after {self.name} began: process {self.pid} still, online, and {self.restarts} restarts still",
            *host_plan(self.host, f"{STATE}\n{NOW}", self.named()),
            *self.looks(),
        ]

    def run(self, ctx: Context) -> Outcome:
        then = {"pid": int(fill(self.pid, ctx.values)), "restarts": int(fill(self.restarts, ctx.values))}
        names = {"out": self.log_out, "err": self.log_err, "out_from": self.since_out, "err_from": self.since_err}
        since = {name: fill(text, ctx.values) for name, text in names.items()}
        first = self.now(ctx)
        if not unsteady(then, first):
            pause(ctx, self.lasts.total_seconds() - first["uptime"])
        answered = self.answered(ctx, PATIENCE)
        now, errors = self.now_and_errors(ctx, since)
        wrong = [*unsteady(then, now), *self.wrong(ctx, answered, errors)]
        lines = (f"pid {now.get('pid')}, {now.get('status')}, restarts {now.get('restarts')}", *errors[:8])
        if wrong:
            return failed(f"{self.name} did not stay up well: {'; '.join(wrong)}.", lines=lines)
        return done(
            f"{self.name} is the same process {format_duration(self.lasts)} after it began, and well.", lines=lines
        )
