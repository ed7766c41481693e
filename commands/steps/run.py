"""`run`: commands on a host, in order, as one job; the first that fails ends it."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import ClassVar

from pydantic import Field

from commands.outcome import Context, Outcome, done, failed
from commands.steps.base import StepBox, fill_shell, look_at_job, on_host, run_job


class Run(StepBox):
    """`cd` is the folder they run in; `env` is exported to them, each value a `$NAME` of the bot's environment or a literal."""

    kind: ClassVar[str] = "run"
    changes: ClassVar[bool] = True

    host: str
    commands: list[str] = Field(min_length=1)
    cd: str = ""
    env: dict[str, str] = Field(default_factory=dict)

    def script(self, values: Mapping[str, str]) -> str:
        """The commands as one bash script; each is shown in the output before it runs."""
        lines = [f'cd "{fill_shell(self.cd, values)}"'] if self.cd else []
        for command in self.commands:
            filled = fill_shell(command, values)
            lines += [f"printf '$ %s\\n' {shlex.quote(filled)}", filled]
        return "\n".join(lines)

    def plan(self) -> list[str]:
        start = [f'cd "{self.cd}"'] if self.cd else []
        return on_host(self.host, "\n".join([*start, *self.commands]), self.env)

    def run(self, ctx: Context) -> Outcome:
        ended = run_job(self, ctx, self.host, self.script(ctx.values), self.env)
        lines = ended.last_lines
        if ended.code == 0:
            return done(f"All {len(self.commands)} commands ended with 0.", lines=lines, output=ended.tail)
        return failed(
            f"A command ended with {ended.code}; the ones after it were not run.", lines=lines, output=ended.tail
        )

    def look(self, ctx: Context) -> Outcome | None:
        return look_at_job(self, ctx, self.host)
