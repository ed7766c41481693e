"""`maintenance`: turns maintenance on or off, and checks from outside that it is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal

from pydantic import Field

from commands.ports.page_text import PageText
from commands.ports.preflight import PreflightCheck
from commands.ports.web import HttpRequest
from commands.steps.base import StepBox, execute, page_value_types
from commands.steps.execution import host_plan, pause, run_job
from commands.steps.outcome import Context, Outcome, done, failed, unknown
from commands.steps.page_fields import ShellText, VariableText
from commands.steps.shared.script_env import ScriptEnv
from commands.steps.shell_text import fill_shell, shell_error
from commands.steps.value_types import ValueType
from commands.systems.preflight.hosts import ProgramsCheck, programs_in
from state.errors import ToolError

_TRIES = 5  # requests from outside, one second apart


class MaintenanceStep(StepBox):
    """Runs `command`, which is bash and must be safe to run twice; then `path` of `web` must answer `status`.

    Without `status`, 503 is expected while maintenance is on and 200 while it is off. When it is off, the value
    `let_in_at` is the moment from which requests were let in.
    """

    kind: ClassVar[str] = "maintenance"
    changes_production: ClassVar[bool] = True
    takes_any_text: ClassVar[bool] = True

    host: str
    state: Literal["on", "off"]
    command: ShellText
    env: ScriptEnv = Field(default_factory=dict)
    web: str = ""
    path: VariableText = "/"
    status: int | None = None

    def plan(self) -> list[str]:
        check = [f"GET {self.web}{self.path}, expects status {self._expected_status()}"] if self.web else []
        return host_plan(self.host, self.command, self.env) + check

    def preflight(self) -> list[PreflightCheck]:
        names = programs_in([self.command])
        return [ProgramsCheck(host=self.host, names=names)] if names else []

    def lets_requests_in(self) -> bool:
        return self.state == "off"

    def value_types(self) -> Mapping[str, ValueType]:
        return {"let_in_at": ValueType.WORD} if self.state == "off" else {}

    def page_error(self, boxes: Mapping[str, StepBox]) -> str:
        why = shell_error([self.command], page_value_types(boxes))
        return f"command: {why}" if why else ""

    def run(self, ctx: Context) -> Outcome:
        result = run_job(self, ctx, self.host, fill_shell(self.command, ctx.values), self.env)
        if result.code:
            return failed(f"The command failed with exit code {result.code}.", lines=result.last_lines)
        if not self.web:
            return self._done(ctx, f"Maintenance is {self.state}. This was not checked, because the box has no `web`.")
        for _ in range(_TRIES):
            if (answer := self._answer(ctx)) == self._expected():
                return self._done(ctx, f"Maintenance is {self.state}: {answer}.", answer)
            pause(ctx, 1)
        return failed(f"Maintenance should be {self.state}, but {answer}.")

    def recover(self, ctx: Context) -> Outcome | None:
        """If the command left no exit code, the check from outside decides."""
        if ctx.tools.shell.job_status(self.host, ctx.key).state != "dead":
            return execute(self, ctx)
        if not self.web:
            return unknown("Maintenance cannot be checked, because the box has no `web`. Check it before you decide.")
        if (answer := self._answer(ctx)) == self._expected():
            return self._done(ctx, f"Maintenance is {self.state}: {answer}.", answer)
        gone = f"The command is no longer running on host “{self.host}”, and {answer}."
        return unknown(f"{gone} Check maintenance before you decide.")

    def _done(self, ctx: Context, summary: str, answer: str = "") -> Outcome:
        timestamps = dict.fromkeys(self.outputs(), ctx.tools.clock.now().isoformat())
        compared = "requests were stopped" if self.state == "on" else f"requests are let in ({answer})"
        return done(summary, timestamps=timestamps, compared=(compared,) if answer else ())

    def _expected_status(self) -> int:
        return self.status or (503 if self.state == "on" else 200)

    def _expected(self) -> str:
        return f"{self.web}{self.path} answers {self._expected_status()}"

    def _answer(self, ctx: Context) -> str:
        """What `path` of `web` answers now, as a clause."""
        try:
            status = ctx.tools.web.request(self.web, HttpRequest(path=PageText(self.path, ctx.values))).status
        except ToolError:
            return f"{self.web}{self.path} does not answer"
        return f"{self.web}{self.path} answers {status}"
