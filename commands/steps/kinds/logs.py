"""`logs`: reads a log from the offset at the restart on; never a header, and never a line from before."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from commands.steps.base import StepBox
from commands.steps.outcome import Context, Outcome, done, failed
from commands.steps.values import fill
from commands.systems.logs import log_lines

_SCRIPT = f'{log_lines.SHELL_FUNCTIONS}new_lines "$FILE" "$SINCE"'


class LogsStep(StepBox):
    """Lines that hold a word of `bad`, in any case, and match no regular expression of `allow` fail it. Measures `lines`.

    What a healthy log holds of such words does not count ("0 errors", an address, a line of level info). A log that was
    rotated since is read on in what lies beside it. Of each line the first 300 characters count.
    """

    kind: ClassVar[str] = "logs"
    cumulative: ClassVar[bool] = True

    host: str
    file: str = "<log_err>"
    since: str = "<log_offset_err>"
    bad: list[str] = Field(default_factory=lambda: list(log_lines.DEFAULT_WORDS), min_length=1)
    allow: list[str] = Field(default_factory=list)

    def plan(self) -> list[str]:
        return log_lines.plan_lines(self.host, f"{self.file} from {self.since} on", self.bad)

    def run(self, ctx: Context) -> Outcome:
        env = {"FILE": fill(self.file, ctx.values), "SINCE": fill(self.since, ctx.values)}
        ended = ctx.tools.shell.ask(self.host, _SCRIPT, env=env | log_lines.script_env(self.bad))
        log = log_lines.parse_output(ended.tail, self.allow)
        if ended.code or log.missing:
            why = "it is not there" if log.missing else f"exit {ended.code}"
            return failed(f"The log cannot be read ({why}).", lines=ended.last_lines, inconclusive=True)
        # all of them, because an end of equal lines tells nothing of whether there came more
        measures = {"lines": float(len(log.lines)), "found": float(log.total)}
        if log.lines:
            summary = f"{log_lines.format_count(log.lines, self.bad)} since the restart.{log.note}"
            summary = summary[0].upper() + summary[1:]
            return failed(summary, lines=log.lines[-8:], output="\n".join(log.lines), measures=measures)
        return done(f"No line with {log_lines.either(self.bad)} since the restart.{log.note}", measures=measures)
