"""`run`: commands on a host, in order, as one job; the first that fails ends it."""

from __future__ import annotations

import shlex
from typing import ClassVar

from pydantic import Field

from commands.outcome import Context, Outcome, done, failed, unknown
from commands.steps.base import StepBox, fill_shell
from commands.tools import Finished, Job


class Run(StepBox):
    """`cd` is the folder they run in; `env` is exported to them, each value a `$NAME` of the bot's environment or a literal."""

    kind: ClassVar[str] = "run"
    changes: ClassVar[bool] = True

    host: str
    commands: list[str] = Field(min_length=1)
    cd: str = ""
    env: dict[str, str] = Field(default_factory=dict)

    def script(self) -> str:
        """The commands as one bash script; each is shown in the output before it runs."""
        lines = [f"cd {self.cd}"] if self.cd else []
        for command in self.commands:
            lines += [f"printf '$ %s\\n' {shlex.quote(command)}", command]
        return "\n".join(lines)

    def plan(self) -> list[str]:
        start = [f"on {self.host}: cd {self.cd}"] if self.cd else []
        return start + [f"on {self.host}: {command}" for command in self.commands]

    def run(self, ctx: Context) -> Outcome:
        job = Job(
            key=ctx.key, script=fill_shell(self.script(), ctx.values), env=self.env, limit=self.limit.total_seconds()
        )
        return self._judge(ctx.tools.shell.run(self.host, job, stop=ctx.stop, heard=ctx.say))

    def look(self, ctx: Context) -> Outcome | None:
        found = ctx.tools.shell.look(self.host, ctx.key)
        if found.finished:
            return self._judge(found.finished)
        if found.state == "running":
            return self.run(ctx)  # attaches: the same key is never started twice
        if found.state == "absent":
            return failed("It had not begun on the host when the bot was cut off.")
        return unknown("The command is gone from the host and left no exit code; look at the host before you decide.")

    def _judge(self, ended: Finished) -> Outcome:
        lines = tuple(ended.tail.splitlines()[-8:])
        if ended.code == 0:
            return done(f"All {len(self.commands)} commands ended with 0.", lines=lines, output=ended.tail)
        return failed(
            f"A command ended with {ended.code}; the ones after it were not run.", lines=lines, output=ended.tail
        )
