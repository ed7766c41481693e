"""`run`: runs commands on a host, in order, as one job; the first that fails ends it."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar

from pydantic import Field

from commands.ports.page_text import PLACEHOLDER
from commands.ports.preflight import PreflightCheck, PreflightResult, passed, warned
from commands.ports.shell import TAIL, CommandResult
from commands.steps.base import StepBox, page_value_types
from commands.steps.container_commands import container_warning
from commands.steps.execution import recover_job, run_job
from commands.steps.outcome import Context, Outcome, done, failed, unknown
from commands.steps.page_fields import ShellText
from commands.steps.plan_line import commands_plan
from commands.steps.shared.output_values import (
    FromOutput,
    KeptOutput,
    keep_from_output,
    number_from_output,
    output_types,
)
from commands.steps.shared.script_env import ScriptEnv
from commands.steps.shared.way_back import with_way_back
from commands.steps.shared_fields import HostName
from commands.steps.shell_text import fill_shell, shell_error
from commands.steps.unset_variables import unset_error
from commands.steps.value_types import ValueType
from commands.steps.values import has_placeholder, page_texts
from commands.systems.preflight.hosts import HostCheck, ProgramsCheck, programs_in
from commands.systems.preflight.script_files import scripts_check
from commands.text.command_lines import lines_without_comments
from commands.text.exit_codes import exit_words
from commands.text.numbers import format_count
from commands.text.redaction import HIDDEN
from state.errors import BadValue
from state.records import AttemptState
from state.shortening import shortened

_SAID_BEFORE = 4  # lines of an error that are shown before the end
_COMMAND_LENGTH = 80  # characters of a failed command that the summary shows
_VALUE_LENGTH = 200  # characters of a value that it shows


class RunStep(StepBox):
    """Runs commands on a host, in order, up to the first that fails.

    They run as one job that outlives the bot. A container with the label `gonogo.job=$GONOGO_JOB` is ended with it.
    Files that differ from the commit afterwards, so that the rollback's `checkout` would refuse, are named.
    `gonogo plan` shows the commands as they will run.
    """

    kind: ClassVar[str] = "run"
    proves: ClassVar[str] = (
        "each command ended with exit code 0; what they did is only known if you check it in another step"
    )
    changes_production: ClassVar[bool] = True
    runs_commands: ClassVar[bool] = True
    takes_any_text: ClassVar[bool] = True

    host: HostName
    commands: list[ShellText] = Field(
        min_length=1,
        description="The commands, run in this order. The first that fails ends the step.",
        examples=[["npm ci", "npm run build"]],
    )
    cd: ShellText = Field(
        default="",
        description="The folder in which they run. Without it, the user's home.",
        examples=["$repository/api"],
    )
    env: ScriptEnv = Field(default_factory=dict)
    probe: ShellText = Field(
        default="",
        description=(
            "A command that changes nothing and exits with 0 if the commands have had their effect. It is "
            "run after a crash; without it, people are asked."
        ),
        examples=["test -e dist/build.json"],
    )
    values: dict[str, KeptOutput] = Field(
        default_factory=dict,
        description="Values that are kept from what the last command prints, for later steps, by name.",
        examples=[{"image": {"pattern": "image: (.*)"}}],
    )
    measure: FromOutput | None = Field(
        default=None,
        description=(
            "Where the last command prints a number. It is measured as `value` for the alert table; "
            "without a number there is no data."
        ),
        examples=[{"json": "queue.length"}],
    )

    def script(self, values: Mapping[str, str]) -> str:
        """The commands as one bash script. It prints each command before running it."""
        lines = self._cd(values)
        for command in self.commands:
            filled = fill_shell(command, values)
            lines += [f"printf '$ %s\\n' {shlex.quote(filled)}", filled]
        return "\n".join(lines)

    def page_error(self, boxes: Mapping[str, StepBox]) -> str:
        types = page_value_types(boxes)
        fields = {"cd": self._cd({}), "commands": self.commands, "probe": [self.probe]}
        wrong = [f"{name}: {why}" for name, texts in fields.items() if (why := shell_error(texts, types))]
        # the probe is run in a shell of its own
        scripts = ([*self._cd({}), *self.commands], [*self._cd({}), self.probe])
        return next(filter(None, (*wrong, *(unset_error(script, self.env) for script in scripts))), "")

    def page_warning(self, boxes: Mapping[str, StepBox]) -> str:
        return container_warning(self.commands)

    def plan(self) -> list[str]:
        probe = [f"on {self.host}, after a crash: {self.probe} (exit code 0 means done)"] if self.probe else []
        kept = [
            f"keeps <{name}>, a {one.type}: {one} of the last command's output" for name, one in self.values.items()
        ]
        measured = [f"measures value: {self.measure} of the last command's output"] if self.measure else []
        commands = commands_plan(self.host, "\n".join([*self._cd({}), *self.commands]), self.env)
        return [*commands, *kept, *measured, *probe]

    def inputs(self) -> set[str]:
        """Without the patterns, in which `(?P<name>…)` only names a group."""
        return set(PLACEHOLDER.findall(repr(self.model_dump(exclude={"values", "measure"}))))

    def value_types(self) -> Mapping[str, ValueType]:
        return output_types(self.values)

    def measures_of(self) -> frozenset[str]:
        return frozenset({"value", "seconds"}) if self.measure else frozenset()

    def ran(self) -> tuple[str, ...]:
        return tuple(self.commands)

    def preflight(self) -> list[PreflightCheck]:
        names = programs_in(self.commands)
        checks: list[PreflightCheck] = [ProgramsCheck(host=self.host, names=names)] if names else []
        # `env` may contain a value of an earlier step for the commands; `cd` is checked without those variables
        env = {name: value for name, value in self.env.items() if not has_placeholder(value)}
        if self.cd and not has_placeholder(self.cd):
            script = f'cd "{self.cd}"'
            checks.append(HostCheck(host=self.host, script=script, judge=self._judge_folder, env=tuple(env.items())))
        known = "" if has_placeholder(self.cd) else self.cd
        return [*checks, *(scripts_check(self.host, known, self.commands, env) if known or not self.cd else [])]

    def run(self, ctx: Context) -> Outcome:
        result = run_job(self, ctx, self.host, self.script(ctx.values), self.env)
        if result.code == 0:
            outcome = self._judge(result, ctx.values)
        else:
            outcome = failed(self._failure(result, ctx.values), lines=self._why(result, ctx.values), output=result.tail)
        return with_way_back(self, self.host, ctx, outcome)

    def _judge(self, result: CommandResult, values: Mapping[str, str]) -> Outcome:
        """The outcome of commands that succeeded."""
        ended = f"{format_count(len(self.commands), 'command')} succeeded"
        shown: dict[str, Any] = {"lines": result.last_lines, "output": result.tail}
        measures = {"seconds": result.seconds} if self.measure else {}
        try:
            output = self._last_output(result, values) if self.values or self.measure else ""
            kept = keep_from_output(self.values, output)
        except BadValue as error:
            return failed(f"{ended}, but {error}", measures=measures, inconclusive=not self.values, **shown)
        told = "".join(f"; {name} is {shortened(value, _VALUE_LENGTH)}" for name, value in kept.items())
        if self.measure:
            try:
                measures["value"] = number_from_output(self.measure, output)
            except BadValue as error:
                return failed(f"{ended}, but {error}", measures=measures, values=kept, inconclusive=True, **shown)
            told += f"; value is {measures['value']:.10g}"
        return done(f"{ended}{told}.", measures=measures, values=kept, **shown)

    def _last_output(self, result: CommandResult, values: Mapping[str, str]) -> str:
        """What the last command printed. Raises BadValue if that cannot be told."""
        _, printed, output = result.tail.rpartition(f"$ {fill_shell(self.commands[-1], values)}\n")
        if not printed:
            raise BadValue(
                "the last command's output could not be read in full: "
                "it is longer than 64 kB, or the command holds a secret."
            )
        return output

    def recover(self, ctx: Context) -> Outcome | None:
        outcome = recover_job(self, ctx, self.host)
        if outcome.state != AttemptState.UNKNOWN or not self.probe:
            return outcome
        script = "\n".join([*self._cd(ctx.values), fill_shell(self.probe, ctx.values)])
        result = ctx.tools.shell.ask(self.host, script, env=page_texts(self.env, ctx.values))
        if result.code == 0 and (lost := ", ".join(f"<{name}>" for name in self.values)):
            summary = f"The bot was interrupted here. The `probe` shows that the commands are done, but not {lost}."
            return failed(summary, lines=result.last_lines)
        if result.code == 0:
            summary = "The bot was interrupted here. The `probe` of the step shows that its commands are done."
            return done(summary, lines=result.last_lines)
        summary = f"{outcome.summary} The `probe` of the step does not show that its commands are done."
        return unknown(summary, lines=result.last_lines)

    def _cd(self, values: Mapping[str, str]) -> list[str]:
        return [fill_shell(f'cd "{self.cd}"', values)] if self.cd else []

    def _failure(self, result: CommandResult, values: Mapping[str, str]) -> str:
        started = self._started(result, values)
        total, code = len(self.commands), exit_words(result.code)
        if started is None:
            return f"A command failed with {code}; the commands after it did not run."
        if started == 0:
            return f"The folder {self.cd} could not be entered ({code}); no command ran."
        shown = _shown(self.commands[started - 1])
        before = f"{started - 1} of {format_count(total, 'command')} succeeded; " if total > 1 else ""
        rest = total - started
        after = f"; the {'command' if rest == 1 else 'commands'} after it did not run" if rest else ""
        return f"{before}`{shown}` failed with {code}{after}."

    def _why(self, result: CommandResult, values: Mapping[str, str]) -> tuple[str, ...]:
        """The lines for people: the end, and before it what the failed command said of an error if that has none."""
        started = self._started(result, values)
        if not started:
            return result.last_lines
        own = result.tail.rpartition(f"$ {fill_shell(self.commands[started - 1], values)}\n")[2]
        of_it = replace(result, tail=own)
        if of_it.ends_with_error:
            return result.last_lines
        # the first error may be a harmless one, so the end is shown in full
        said = of_it.error_lines[:_SAID_BEFORE]
        return (*(line for line in said if line not in result.last_lines), *result.last_lines)

    def _started(self, result: CommandResult, values: Mapping[str, str]) -> int | None:
        """How many commands were started, from what the script printed before each. None if that is not certain.

        It is not if the beginning of the output is lost, or if a secret is masked in a printed command.
        """
        if result.size > TAIL or any("$ " in line and HIDDEN in line for line in result.tail.splitlines()):
            return None
        started = position = 0
        for command in self.commands:
            printed = f"$ {fill_shell(command, values)}\n"
            at = result.tail.find(printed, position)
            if at < 0:
                break
            started, position = started + 1, at + len(printed)
        return started if started or self.cd else None

    def _judge_folder(self, result: CommandResult) -> list[PreflightResult]:
        if result.code:
            # not a failure: an earlier step of the run may create it
            return warned(f"the folder {self.cd} does not exist yet", "this is fine if an earlier step creates it")
        return passed(f"the folder {self.cd} exists")


def _shown(command: str) -> str:
    """How a message names a command: by its first line that is no comment."""
    lines = lines_without_comments(command)
    first = lines[0][:_COMMAND_LENGTH]
    return first.replace("`", "'") + ("…" if len(lines) > 1 or len(first) < len(lines[0]) else "")
