"""`migrate`: runs a framework's own migrations, and takes them back; its tool tells the state."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from datetime import timedelta
from itertools import takewhile
from typing import ClassVar, Literal

from pydantic import Field

from commands.ports.preflight import PreflightCheck, PreflightResult, blocked, passed
from commands.ports.shell import CommandResult
from commands.steps.base import StepBox
from commands.steps.execution import host_plan, recover_job, run_job
from commands.steps.outcome import Context, Outcome, done, failed, unknown
from commands.steps.page_fields import ShellText, VariableText
from commands.steps.shared.script_env import ScriptEnv
from commands.steps.unset_variables import unset_error
from commands.steps.values import has_placeholder, page_texts
from commands.systems.migrations.tools import MIGRATION_TOOLS, ToolName
from commands.systems.preflight.hosts import HostCheck
from commands.text.durations import Duration, parse_duration
from commands.text.redaction import HIDDEN
from state.errors import Failed, ToolError

_STATE = re.compile(r"^gonogo-migration-state=(.*)$", re.MULTILINE)
# django would take an app that it does not find in such a state back to nothing, with all its tables
_MASKED = "the state has a word that is masked as a secret, so nothing could go back to it"
_SHOWN = 200  # characters of a state that a message shows
_GIVEN = ("PROGRAM", "FOLDER", "STATE_BEFORE")  # variables that every script of the step has
_ASK_LIMIT = 60  # seconds; a framework may load the whole application first


class MigrateStep(StepBox):
    """Runs a migration tool in `folder` on `host`, with the variables of `env`.

    `tool` is "alembic" or "django"; `program` is what starts it, if that is not `alembic` or `python manage.py`. For
    another tool, write its commands: `state` prints what is applied, `forward` applies what is new, and `back` goes to
    the state in `$STATE_BEFORE`.

    The state is asked before the first attempt, and after every one. Forward, it must have changed, unless
    `may_be_empty`. `mode = "back"` (with `undoes`) goes back to the state from before, and that must be reached; the
    release's code must still be in `folder`, because only it has the migrations.

    `lock_timeout` and `statement_timeout` reach every tool that connects through libpq, by `PGOPTIONS`.
    """

    kind: ClassVar[str] = "migrate"
    changes_production: ClassVar[bool] = True
    needs_second_person: ClassVar[bool] = True

    host: str
    folder: VariableText
    tool: ToolName | None = None
    program: ShellText = ""
    state: ShellText = ""
    forward: ShellText = ""
    back: ShellText = ""
    mode: Literal["forward", "back"] = "forward"
    env: ScriptEnv = Field(default_factory=dict)
    may_be_empty: bool = False
    lock_timeout: Duration = parse_duration("5 s")
    statement_timeout: Duration | None = None

    def page_error(self, boxes: Mapping[str, StepBox]) -> str:
        wanted = ["state", self.mode]
        if missing := [name for name in wanted if not self._command(name)]:
            return f"{missing[0]}: is missing; name a tool ({', '.join(MIGRATION_TOOLS)}), or write the command"
        commands = {name: self._command(name) for name in ("program", *wanted)}
        if name := next((name for name, text in commands.items() if has_placeholder(text)), ""):
            return f'{name}: a value of an earlier step reaches the tool by `env`; write "$name" here'
        if why := unset_error(commands.values(), {*self.env, *_GIVEN}):
            return why
        if self.mode == "forward":
            return ""
        undone = boxes.get(self.undoes)
        if not isinstance(undone, MigrateStep) or undone.mode == "back":
            return "undoes: must name the migrate step that goes forward; its state from before is where this one goes"
        return ""

    def page_warning(self, boxes: Mapping[str, StepBox]) -> str:
        above = takewhile(lambda name: boxes[name] is not self, boxes) if self.mode == "back" else ()
        code = [
            name for name in above if boxes[name].undoes and boxes[name].changed_thing() == (self.host, self.folder)
        ]
        if not code:
            return ""
        return (
            f"{code[0]} above puts the old code into {self.folder}, which does not have the migrations to take back; "
            "move this step above it"
        )

    def plan(self) -> list[str]:
        lines = host_plan(self.host, self._script(), self._env())
        if self.mode == "back":
            return [*lines, "STATE_BEFORE is the state before the step that this one undoes; it must be reached"]
        return [
            *lines,
            "the state is asked before and after" + ("" if self.may_be_empty else ", and must have changed"),
        ]

    def preflight(self) -> list[PreflightCheck]:
        env = tuple(self._env().items())
        judge = _judge_heads if self.mode == "back" and self.tool == "alembic" and not self.back else _judge_state
        return [HostCheck(host=self.host, script=self._ask_script(), judge=judge, env=env, limit=_ASK_LIMIT)]

    def run(self, ctx: Context) -> Outcome:
        return self._go_back(ctx) if self.mode == "back" else self._go_forward(ctx)

    def recover(self, ctx: Context) -> Outcome | None:
        if ctx.tools.shell.job_status(self.host, ctx.key).state != "dead":
            return recover_job(self, ctx, self.host)
        state = self._ask(ctx)
        before = ctx.file(self._note(ctx))
        if before is not None and state == before:
            if self.mode == "back":
                return self._is_back(state)
            return failed(f"The bot was interrupted here, and nothing was applied: the state is still {_show(state)}.")
        gone = f"The command is no longer running on host “{self.host}” and left no exit code."
        return unknown(f"{gone} The state is {_show(state)}; check the database before you decide.")

    def holds_now(self, ctx: Context) -> bool:
        return self.mode == "back" and self._ask(ctx) == ctx.file(self._note(ctx))

    def ran(self) -> tuple[str, ...]:
        return (self._command(self.mode).replace("$PROGRAM", self._command("program")).strip(),)

    def _go_forward(self, ctx: Context) -> Outcome:
        # the first attempt's: a later look may find half of the migrations applied, or the job still at work
        before = ctx.file(self._note(ctx))
        if before is None:
            before = ctx.save_file(self._note(ctx), self._ask(ctx))
        result = run_job(self, ctx, self.host, self._script(), self._env())
        if result.code:
            return failed(self._failure(ctx, result, before), lines=result.last_lines, output=result.tail)
        after = self._ask(ctx)
        if after == before and not self.may_be_empty:
            summary = f"The migrations ended with exit code 0 and changed nothing: the state is still {_show(after)}."
            return failed(summary, lines=result.last_lines, output=result.tail)
        summary = f"Migrated from {_show(before)} to {_show(after)}."
        return done(summary, lines=result.last_lines, compared=(f"migrations at {_show(after)}",))

    def _go_back(self, ctx: Context) -> Outcome:
        before = ctx.file(self._note(ctx))
        if before is None:
            return done("Nothing to roll back: the migrations never began.")
        if self._ask(ctx) == before:
            return self._is_back(before)
        result = run_job(self, ctx, self.host, self._script(), self._env(), {"STATE_BEFORE": before})
        if result.code:
            return failed(self._failure(ctx, result, before), lines=result.last_lines, output=result.tail)
        after = self._ask(ctx)
        if after != before:
            summary = (
                f"The tool ended with exit code 0, but the state is {_show(after)}, not {_show(before)} as before."
            )
            return failed(summary, lines=result.last_lines, output=result.tail)
        return self._is_back(after)

    def _is_back(self, state: str) -> Outcome:
        shown = f"migrations at {_show(state)}, as before the deploy"
        return done(f"The {shown}.", compared=(shown,))

    def _failure(self, ctx: Context, result: CommandResult, before: str) -> str:
        try:
            now = self._ask(ctx)
        except ToolError as error:
            return f"The migrations failed with exit code {result.code}. Their state could not be asked: {error}"
        still = f"The state is still {_show(before)}." if now == before else f"The state is now {_show(now)}."
        before_that = "" if now == before else f" Before the deploy it was {_show(before)}."
        return f"The migrations failed with exit code {result.code}. {still}{before_that}"

    def _ask(self, ctx: Context) -> str:
        """The tool's state. Raises Failed if it does not tell it."""
        env = page_texts(self._env(), ctx.values)
        result = ctx.tools.shell.ask(self.host, self._ask_script(), env=env, limit=_ASK_LIMIT)
        state = _state_in(result)
        if state is None:
            raise Failed(f"The migration tool does not report its state: {result.last_line}", output=result.tail)
        if HIDDEN in state:
            raise Failed(f"{_MASKED[0].upper()}{_MASKED[1:]}: {_show(state)}", output=result.tail)
        return state

    def _note(self, ctx: Context) -> str:
        """The name of the run's file with the state from before the deploy."""
        own = ctx.step_key.rsplit("/", 1)[-1]
        return f"migrations before {self.undoes if self.mode == 'back' else own}"

    def _command(self, name: str) -> str:
        written: str = getattr(self, name)
        return written or (getattr(MIGRATION_TOOLS[self.tool], name) if self.tool else "")

    def _functions(self) -> list[str]:
        return [
            _EXPORT_OPTIONS,
            'cd "$FOLDER"',
            f"PROGRAM={shlex.quote(self._command('program'))}",
            f"migration_state() {{\n{self._command('state').strip()}\n}}",
        ]

    def _ask_script(self) -> str:
        return "\n".join([*self._functions(), _TELL_STATE])

    def _script(self) -> str:
        return "\n".join([*self._functions(), self._command(self.mode).strip()])

    def _env(self) -> dict[str, str]:
        timeouts = {"lock_timeout": self.lock_timeout, "statement_timeout": self.statement_timeout}
        options = " ".join(f"-c {name}={_milliseconds(limit)}" for name, limit in timeouts.items() if limit)
        return {**self.env, "FOLDER": self.folder, "GONOGO_PGOPTIONS": options}


# a state command of several lines ends with the first one that fails
_TELL_STATE = """\
shopt -s inherit_errexit
state=$(migration_state)
printf '\\ngonogo-migration-state=%s\\n' "$(printf %s "$state" | tr '\\n' ' ')\""""
_EXPORT_OPTIONS = 'export PGOPTIONS="${PGOPTIONS:+$PGOPTIONS }$GONOGO_PGOPTIONS"'


def _milliseconds(limit: timedelta) -> int:
    return round(limit.total_seconds() * 1000)


def _state_in(result: CommandResult) -> str | None:
    """What the tool says is applied; None if it failed."""
    found = _STATE.findall(result.tail)
    return found[-1].strip() if found and not result.code else None


def _show(state: str) -> str:
    if not state:
        return "“nothing applied”"
    return f"“{state[:_SHOWN]}…”" if len(state) > _SHOWN else f"“{state}”"


def _judge_state(result: CommandResult) -> list[PreflightResult]:
    state = _state_in(result)
    if state is None:
        return blocked(
            f"the migration tool does not report its state: {result.last_line}",
            "run its state command there by hand, as the deploying user and with the step's `env`",
        )
    if HIDDEN in state:
        todo = (
            "give the database's login a password that is no name of an app, or write a `state` that prints other words"
        )
        return blocked(f"{_MASKED}: {_show(state)}", todo)
    return passed(f"the migration tool reports its state: {_show(state)}")


def _judge_heads(result: CommandResult) -> list[PreflightResult]:
    state = _state_in(result)
    if state and " " in state:
        return blocked(
            f"several heads are applied ({_show(state)}), and alembic goes back to one at a time",
            "merge them before this release, or write the step's own `back`",
        )
    return _judge_state(result)
