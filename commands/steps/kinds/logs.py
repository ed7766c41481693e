"""`logs`: reads a log from the restart on, and fails if it has new error lines."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from commands.ports.page_text import Text
from commands.steps.base import StepBox
from commands.steps.outcome import Context, Outcome, done, failed
from commands.steps.page_fields import VariableText
from commands.steps.values import page_texts
from commands.systems.logs import log_lines
from commands.text.page_pattern import PagePattern

_SCRIPT = f'{log_lines.SHELL_FUNCTIONS}each_log "$FILE" "$SINCE"'
_LINES = 8  # error lines that the thread shows


class LogsStep(StepBox):
    """Fails if a new line has a word of `bad`, in any case, and matches no regular expression of `allow`.

    Words that a healthy log has do not count ("0 errors", an address, a line of level info). If the log was rotated
    since the restart, the rotated file is read too. `file` may name several logs with ":" between two. Only the first
    300 characters of each line count. Measures `lines`.
    """

    kind: ClassVar[str] = "logs"
    cumulative: ClassVar[bool] = True
    measured: ClassVar[frozenset[str]] = frozenset({"lines", "found"})

    host: str
    file: VariableText = "<log_err>"
    since: str = "<log_offset_err>"
    bad: list[str] = Field(default_factory=lambda: list(log_lines.DEFAULT_WORDS), min_length=1)
    allow: list[PagePattern] = Field(default_factory=list)

    def plan(self) -> list[str]:
        return log_lines.plan_lines(self.host, f"{self.file} from {self.since} on", self.bad)

    def run(self, ctx: Context) -> Outcome:
        env: dict[str, Text] = {**page_texts({"FILE": self.file, "SINCE": self.since}, ctx.values)}
        env |= log_lines.script_env(self.bad)
        result = ctx.tools.shell.ask(self.host, _SCRIPT, env=env, keep=log_lines.MAX_OUTPUT)
        log = log_lines.parse_output(result.tail, self.allow)
        if result.code or (log.unreadable and not log.lines):
            why = log.unreadable or f"exit code {result.code}"
            return failed(f"The log cannot be read: {why}.", lines=result.last_lines, inconclusive=True)
        # `found` counts all lines: of equal lines only the newest are kept, so they do not show whether there are more
        measures = {"lines": float(len(log.lines)), "found": float(log.total)}
        if log.lines:
            summary = f"{log_lines.describe(log.lines, self.bad)} since the restart.{log.note}"
            summary = summary[0].upper() + summary[1:] + (f" Not read: {log.unreadable}." if log.unreadable else "")
            return failed(summary, lines=log.lines[-_LINES:], output="\n".join(log.lines), measures=measures)
        return done(f"No line with {log_lines.either(self.bad)} since the restart.{log.note}", measures=measures)
