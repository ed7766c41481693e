"""`logs`: reads a log from the offset at the restart on; never a header, and never a line from before."""

from __future__ import annotations

import re
from typing import ClassVar

from pydantic import Field

from commands.outcome import Context, Outcome, done, failed
from commands.steps.base import StepBox, fill, on_host, told

_SCRIPT = """\
size=$(wc -c < "$FILE")
from=$SINCE
[ "$size" -ge "$SINCE" ] || from=0
printf 'size=%s\\nfrom=%s\\n' "$size" "$from"
tail -c "+$((from + 1))" "$FILE" | grep -E -- "$BAD" | tail -n 300 || true"""


class Logs(StepBox):
    """Lines that hold a word of `bad` and match no regular expression of `allow` fail it. Measures `lines`."""

    kind: ClassVar[str] = "logs"

    host: str
    file: str = "<log_err>"
    since: str = "<log_offset_err>"
    bad: list[str] = Field(default_factory=lambda: ["ERROR", "FATAL"])
    allow: list[str] = Field(default_factory=list)

    def plan(self) -> list[str]:
        return on_host(self.host, _SCRIPT, self._env())

    def run(self, ctx: Context) -> Outcome:
        env = {name: fill(value, ctx.values) for name, value in self._env().items()}
        ended = ctx.tools.shell.ask(self.host, _SCRIPT, env=env)
        words = told(ended.tail)
        if ended.code or "from" not in words:
            return failed(f"The log cannot be read (exit {ended.code}).", lines=ended.last_lines, unasked=True)
        lines = [line for line in ended.tail.splitlines() if not line.startswith(("size=", "from="))]
        bad = [line[:200] for line in lines if not any(re.search(pattern, line) for pattern in self.allow)]
        rotated = (
            " The log was rotated meanwhile and was read from its beginning." if words["from"] != env["SINCE"] else ""
        )
        measures = {"lines": float(len(bad))}
        names = " or ".join(self.bad)
        if bad:
            says = f"{len(bad)} new lines with {names} since the restart.{rotated}"
            return failed(says, lines=tuple(bad[-8:]), output="\n".join(bad), measures=measures)
        return done(f"No line with {names} since the restart.{rotated}", measures=measures)

    def _env(self) -> dict[str, str]:
        return {"FILE": self.file, "SINCE": self.since, "BAD": "|".join(re.escape(word) for word in self.bad)}
