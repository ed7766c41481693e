"""`run`: commands on a host, in order, as one job; the first that fails ends it."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import ClassVar

from pydantic import Field

from commands.ports.preflight import PreflightCheck, PreflightResult, passed, warned
from commands.ports.shell import CommandResult
from commands.steps.base import StepBox
from commands.steps.execution import host_plan, recover_job, run_job
from commands.steps.outcome import Context, Outcome, done, failed, unknown
from commands.steps.values import fill, fill_shell, has_placeholder
from commands.systems.preflight.hosts import HostCheck, ProgramsCheck, programs_in
from state.records import AttemptState


class RunStep(StepBox):
    """`cd` is the folder they run in; `env` is exported to them, each value a `$NAME` of the bot's environment or a literal.

    `probe` is a command that changes nothing and ends with 0 when their effect is there. It is asked where the commands
    are gone from the host and left no exit code (the host was rebooted, for example).
    """

    kind: ClassVar[str] = "run"
    changes: ClassVar[bool] = True

    host: str
    commands: list[str] = Field(min_length=1)
    cd: str = ""
    env: dict[str, str] = Field(default_factory=dict)
    probe: str = ""

    def script(self, values: Mapping[str, str]) -> str:
        """The commands as one bash script; each is shown in the output before it runs."""
        lines = [f'cd "{fill_shell(self.cd, values)}"'] if self.cd else []
        for command in self.commands:
            filled = fill_shell(command, values)
            lines += [f"printf '$ %s\\n' {shlex.quote(filled)}", filled]
        return "\n".join(lines)

    def plan(self) -> list[str]:
        start = [f'cd "{self.cd}"'] if self.cd else []
        asked = [f"on {self.host}, after a crash: {self.probe} (0 means done)"] if self.probe else []
        return [*host_plan(self.host, "\n".join([*start, *self.commands]), self.env), *asked]

    def preflight(self) -> list[PreflightCheck]:
        names = programs_in(self.commands)
        found: list[PreflightCheck] = [ProgramsCheck(host=self.host, names=names)] if names else []
        # a value of an earlier step may stand in `env` for the commands alone, so only what `cd` can be told now counts
        env = {name: value for name, value in self.env.items() if not has_placeholder(value)}
        if self.cd and not has_placeholder(self.cd):
            script = f'cd "{self.cd}"'
            found.append(HostCheck(host=self.host, script=script, judge=self._judge_folder, env=tuple(env.items())))
        return found

    def run(self, ctx: Context) -> Outcome:
        ended = run_job(self, ctx, self.host, self.script(ctx.values), self.env)
        lines = ended.last_lines
        if ended.code == 0:
            return done(f"All {len(self.commands)} commands ended with 0.", lines=lines, output=ended.tail)
        return failed(
            f"A command ended with {ended.code}; the ones after it were not run.", lines=lines, output=ended.tail
        )

    def recover(self, ctx: Context) -> Outcome | None:
        found = recover_job(self, ctx, self.host)
        if found.state != AttemptState.UNKNOWN or not self.probe:
            return found
        env = {name: fill(value, ctx.values) for name, value in self.env.items()}
        start = [f'cd "{fill_shell(self.cd, ctx.values)}"'] if self.cd else []
        asked = ctx.tools.shell.ask(self.host, "\n".join([*start, fill_shell(self.probe, ctx.values)]), env=env)
        if asked.code == 0:
            return done("The bot was cut off here; the page's probe says that it is done.", lines=asked.last_lines)
        return unknown(f"{found.summary} The page's probe says that it is not done.", lines=asked.last_lines)

    def _judge_folder(self, ended: CommandResult) -> list[PreflightResult]:
        if ended.code:
            # not a failure: an earlier step of the run may make it
            return warned(f"the folder {self.cd} is not there yet", "right if an earlier step makes it")
        return passed(f"the folder {self.cd} is there")
