"""`logs`: reads a log from the restart on, and fails if it has new error lines."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Self

from pydantic import Field, model_validator

from commands.ports.page_text import PLACEHOLDER, PageText, Text
from commands.ports.preflight import PreflightCheck, PreflightResult, blocked, passed, warned
from commands.ports.shell import CommandResult
from commands.steps.base import StepBox, page_value_types
from commands.steps.outcome import Context, Outcome, done, failed
from commands.steps.page_fields import ShellText, VariableText
from commands.steps.shared_fields import AllowedLines, HostName
from commands.steps.shell_text import fill_shell, shell_error
from commands.steps.unset_variables import unset_error
from commands.steps.values import fill, has_placeholder, page_texts
from commands.systems.logs import log_lines, log_sources
from commands.systems.logs.log_lines import NewLines
from commands.systems.logs.own_limits import cut_off
from commands.systems.postgres.stale_plans import stale_plans
from commands.systems.preflight.hosts import HostCheck, ProgramsCheck, programs_in
from commands.text.numbers import format_count
from commands.text.page_rules import for_authors
from commands.text.phrases import capitalized
from state.errors import BadValue, Failed

_SCRIPT = f'{log_lines.SHELL_FUNCTIONS}each_log "$FILE" "$SINCE"'
_LINES = 8  # error lines that the thread shows
_LIMIT = 60.0  # seconds for reading a log
_NO_DATA = {"unread": 1.0}  # measured instead of lines, so that the watch knows that the host has answered


class LogsStep(StepBox):
    """Reads a log from the restart on, and fails if a new line is an error.

    The log is a `file`, a `unit`, a `container`, or what a `command` prints (errors on its standard error count,
    too). A line whose own level is error or worse counts without such a word, and so does a crash ("panic:", an
    uncaught exception; a traceback of Python by its last line, unless a signal ended the program). Words that a
    healthy log has do not count ("0 errors", an address, a setting, a line of level info). Only the first 300
    characters of each line count. If a file was rotated, the rotated one is read too, also where it was packed or
    removed while a process of the bot's user still writes to it. A log that cannot be read, into which no process
    writes while one does into its rotated file, or that has lost lines since the mark, is no data; so is one of the
    last three without any line, and a `command` that printed as many lines as its own limit. What journald dropped by
    its rate limit it says only 30 s later, with the unit's next line: let the watch read the log again. A cursor of the
    journal is printed by `journalctl --show-cursor`; an ISO time like `<restarted_at>` is one of the bot's clock, not
    of the host's.
    """

    kind: ClassVar[str] = "logs"
    proves: ClassVar[str] = "no line of the log since the mark is an error"
    cumulative: ClassVar[bool] = True
    takes_any_text: ClassVar[bool] = True
    measured: ClassVar[frozenset[str]] = frozenset({"lines", "found"})

    host: HostName
    file: VariableText = Field(
        default="<log_err>",
        description="The log file; several with `:` between two. Without it, the error log of the `service` step.",
        examples=["/var/log/shop/api.log"],
    )
    unit: VariableText = Field(
        default="",
        description=(
            "The unit of systemd's journal to read instead of a file. `since` is then a cursor of the journal."
        ),
        examples=["shop-api.service"],
    )
    container: VariableText = Field(
        default="",
        description=(
            "The container or compose service (`project/service` if need be) whose `docker logs` to read instead of "
            "a file. `since` is then a time of the host: `date +%s`, or `<log_mark>`."
        ),
        examples=["shop-api"],
    )
    command: ShellText = Field(
        default="",
        description="The command that prints the log, instead of a file. It reads the mark as `$SINCE`.",
        examples=['kubectl logs deploy/api --since-time="$SINCE"'],
    )
    since: str = Field(
        default="<log_offset_err>",
        description="Where the new lines begin: the mark that a step kept before the restart.",
        examples=["<cursor>"],
    )
    bad: list[str] = Field(
        default_factory=lambda: list(log_lines.DEFAULT_WORDS),
        min_length=1,
        description="Words that make a line an error, in upper or lower case.",
        examples=[["error", "fatal", "deadlock"]],
    )
    allow: AllowedLines = Field(default_factory=list)

    @model_validator(mode="after")
    def _is_one_log(self) -> Self:
        named = [name for name in ("file", "unit", "container", "command") if name in self.model_fields_set]
        if len(named) > 1:
            raise ValueError(f"{named[0]} and {named[1]} are two logs; write a step for each")
        if for_authors() and named and not getattr(self, named[0]):
            raise ValueError(f"{named[0]} is empty; name the log")
        if named not in ([], ["file"]) and "since" not in self.model_fields_set:
            raise ValueError(f'{named[0]} needs since = "<…>", the mark that a step before the restart has kept')
        return self

    def inputs(self) -> set[str]:
        return set(PLACEHOLDER.findall(repr(self.model_dump(exclude=set() if self._is_file() else {"file"}))))

    def page_error(self, boxes: Mapping[str, StepBox]) -> str:
        why = shell_error([self.command], page_value_types(boxes)) or unset_error([self.command], ("SINCE",))
        if why:
            return f"command: {why}"
        if for_authors() and self._is_file() and not has_placeholder(self.since) and not self.since.isdecimal():
            return f'since: "{self.since}" is no place in a file; write a number of bytes, or <log_offset_err>'
        return ""

    def page_warning(self, boxes: Mapping[str, StepBox]) -> str:
        why = cut_off(self.command)
        return f"command: {why}" if why else ""

    def plan(self) -> list[str]:
        if self._is_file():
            return log_lines.plan_lines(self.host, f"{self.file} from {self.since} on", self.bad)
        if self.unit:
            program = f"journalctl --unit={self.unit} --after-cursor={self.since}"
        elif self.container:
            program = f"docker logs --since {self.since} {self.container}"
        else:
            program = f"{self.command} (SINCE={self.since})"
        return log_lines.plan_lines(self.host, f"what this prints: {program}", self.bad, "")

    def preflight(self) -> list[PreflightCheck]:
        if self._is_file():
            return []
        if self.command:
            names = programs_in([self.command])
            return [ProgramsCheck(host=self.host, names=names)] if names else []
        program, name = ("journalctl", self.unit) if self.unit else ("docker", self.container)
        checks: list[PreflightCheck] = [ProgramsCheck(host=self.host, names=(program, "awk", "sed"))]
        if not has_placeholder(name):
            script = log_sources.ASK_UNIT if self.unit else log_sources.ASK_CONTAINER
            checks.append(HostCheck(host=self.host, script=script, judge=self._judge_source, env=(("NAME", name),)))
        return checks

    def run(self, ctx: Context) -> Outcome:
        try:
            return self._read_file(ctx) if self._is_file() else self._read_source(ctx)
        except (Failed, BadValue) as error:
            return _not_read(f"The log was not read: {str(error).rstrip('.')}.")

    def _is_file(self) -> bool:
        return not (self.unit or self.container or self.command)

    def _read_file(self, ctx: Context) -> Outcome:
        env: dict[str, Text] = {**page_texts({"FILE": self.file, "SINCE": self.since}, ctx.values)}
        result = self._ask(ctx, _SCRIPT, env)
        log = log_lines.parse_output(result.tail, self.allow)
        if result.code or (log.unreadable and not log.lines):
            how = " in full" if "found=" in result.tail else ""
            return _not_read(
                f"The log cannot be read{how}: {log.unreadable or f'exit code {result.code}'}.{log.note}",
                result.last_lines,
            )
        return self._judge(log, f"{log.note}{f' Not read: {log.unreadable}.' if log.unreadable else ''}")

    def _read_source(self, ctx: Context) -> Outcome:
        name, script, env = self._source(ctx)
        asked = ctx.tools.clock.now().timestamp()
        result = self._ask(ctx, script, env)
        log = log_lines.parse_output(result.tail, self.allow)
        state = log_sources.source_state(
            result.tail, str(env["SINCE"]), is_silent=bool(self.unit), has_errors=bool(log.lines)
        )
        if result.code or state.unknown:
            why = state.unknown or f"exit code {result.code}"
            return _not_read(f"The log of {name} is not known: {why}.", state.said)
        incomplete = state.incomplete
        if self.container and fill(self.since, ctx.values) != env["SINCE"]:  # an ISO time is the bot's, not the host's
            answered = ctx.tools.clock.now().timestamp()
            incomplete = incomplete or log_sources.clock_problem(result.tail, asked, answered)
        if incomplete and not log.lines:
            return _not_read(f"The log of {name} is incomplete: {incomplete}.", state.said)
        note = f" The command printed {format_count(state.read, 'line')}." if self.command else state.note
        return self._judge(log, f" Perhaps more: {incomplete}." if incomplete else note)

    def _source(self, ctx: Context) -> tuple[str, str, dict[str, Text]]:
        """What to call the log, the program that reads it, and the program's variables. Raises BadValue."""
        since = fill(self.since, ctx.values)
        if self.unit:
            unit = PageText(self.unit, ctx.values)
            return str(unit), log_sources.JOURNAL, {"UNITS": unit, "SINCE": since}
        if self.container:
            container = PageText(self.container, ctx.values)
            mark = log_sources.time_mark(since)
            return f"container {container}", log_sources.CONTAINER, {"CONTAINER": container, "SINCE": mark}
        command = fill_shell(self.command, ctx.values)
        return "the command", log_sources.COMMAND, {"COMMAND": command, "SINCE": since}

    def _ask(self, ctx: Context, script: str, env: Mapping[str, Text]) -> CommandResult:
        words = log_lines.script_env(self.bad)
        return ctx.tools.shell.ask(self.host, script, env={**env, **words}, limit=_LIMIT, keep=log_lines.MAX_OUTPUT)

    def _judge(self, log: NewLines, note: str) -> Outcome:
        # `found` counts all lines: of equal lines only the newest are kept, so they do not show whether there are more
        measures = {"lines": float(len(log.lines)), "found": float(log.total)}
        if log.lines:
            summary = f"{log_lines.describe(log.lines, self.bad)} since the restart.{stale_plans(log.lines)}{note}"
            summary = capitalized(summary)
            return failed(summary, lines=log.lines[-_LINES:], output="\n".join(log.lines), measures=measures)
        return done(f"No line with {log_lines.either(self.bad)} since the restart.{note}", measures=measures)

    def _judge_source(self, result: CommandResult) -> list[PreflightResult]:
        said = result.last_line if result.tail.strip() else "nothing"
        if self.unit:
            return self._judge_unit(result)
        if result.code == log_sources.NO_DOCKER:
            return blocked(f"docker does not answer this user: {said}", "put the user into the group docker")
        if result.code == log_sources.NO_CONTAINER:
            return warned(f"docker shows no container {self.container}: {said}", "this is fine if the deploy makes it")
        if result.code == log_sources.SEVERAL_PROJECTS:
            what = f"several projects of compose have a service {self.container}: {said}"
            return blocked(what, f'write which one, as in "{said.split(", ")[0]}/{self.container}"')
        if result.code:
            todo = "give it another logging driver, or read its log by a command"
            return warned(f"docker cannot read the log of {self.container}: {said}", todo)
        return passed(f"the log of {self.container} can be read")

    def _judge_unit(self, result: CommandResult) -> list[PreflightResult]:
        if result.code:
            todo = "check the unit's name, and put the user into the group systemd-journal"
            return warned(f"the journal shows this user no line of {self.unit}", todo)
        if where := log_sources.printed_elsewhere(result.tail):
            return warned(where, "name that log instead, or let the unit print into the journal")
        return passed(f"the log of {self.unit} can be read")


def _not_read(summary: str, lines: tuple[str, ...] = ()) -> Outcome:
    return failed(summary, lines=lines, measures=_NO_DATA, inconclusive=True)
