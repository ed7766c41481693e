"""`maintenance`: stops requests, or lets them in again, and asks from outside whether it is so."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from commands.ports.preflight import PreflightCheck
from commands.ports.web import HttpRequest
from commands.steps.base import StepBox, execute
from commands.steps.execution import host_plan, pause, run_job
from commands.steps.outcome import Context, Outcome, done, failed, unknown
from commands.systems.preflight.hosts import ProgramsCheck, programs_in
from state.errors import ToolError

_TRIES = 5


class MaintenanceStep(StepBox):
    """`command` is bash that may run twice with the same effect. `path` of `web` must answer `status` afterwards.

    Without a `status`, 503 is expected while maintenance is on and 200 while it is off. Once it is off, `let_in_at` is
    the moment from which on requests were let in.
    """

    kind: ClassVar[str] = "maintenance"
    changes: ClassVar[bool] = True

    host: str
    state: Literal["on", "off"]
    command: str
    env: dict[str, str] = Field(default_factory=dict)
    web: str = ""
    path: str = "/"
    status: int | None = None

    def plan(self) -> list[str]:
        check = [f"GET {self.web}{self.path}, expects status {self._wanted()}"] if self.web else []
        return host_plan(self.host, self.command, self.env) + check

    def preflight(self) -> list[PreflightCheck]:
        names = programs_in([self.command])
        return [ProgramsCheck(host=self.host, names=names)] if names else []

    def outputs(self) -> tuple[str, ...]:
        return ("let_in_at",) if self.state == "off" else ()

    def run(self, ctx: Context) -> Outcome:
        ended = run_job(self, ctx, self.host, self.command, self.env)
        if ended.code:
            return failed(f"The command ended with {ended.code}.", lines=ended.last_lines)
        if not self.web:
            return self._done(ctx, f"Maintenance is {self.state}; nothing on the page checks it from outside.")
        for _ in range(_TRIES):
            if (found := self._ask(ctx)) == str(self._wanted()):
                return self._done(ctx, f"Maintenance is {self.state}: {self.web}{self.path} answers {found}.")
            pause(ctx, 1)
        return failed(f"Maintenance should be {self.state}, but {self.web}{self.path} answers {found}.")

    def recover(self, ctx: Context) -> Outcome | None:
        """Where the command left no exit code, what is seen from outside counts."""
        if ctx.tools.shell.job_status(self.host, ctx.key).state != "dead":
            return execute(self, ctx)
        if not self.web:
            return unknown("Nothing on the page checks maintenance from outside; look at the site before you decide.")
        if (found := self._ask(ctx)) == str(self._wanted()):
            return self._done(ctx, f"Maintenance is {self.state}: {self.web}{self.path} answers {found}.")
        return unknown(
            f"The command is gone from the host, and {self.web}{self.path} answers {found}; look before you decide."
        )

    def _done(self, ctx: Context, summary: str) -> Outcome:
        return done(summary, timestamps=dict.fromkeys(self.outputs(), ctx.tools.clock.now().isoformat()))

    def _wanted(self) -> int:
        return self.status or (503 if self.state == "on" else 200)

    def _ask(self, ctx: Context) -> str:
        try:
            return str(ctx.tools.web.request(self.web, HttpRequest(path=self.path)).status)
        except ToolError:
            return "nothing"
