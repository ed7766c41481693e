"""The base of `migrate`: the tool's commands as scripts, and what a run notes of its states."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from itertools import chain
from types import MappingProxyType
from typing import Literal

from pydantic import Field

from commands.ports.page_text import DatabaseAddress, Text
from commands.ports.shell import CommandResult
from commands.steps.base import StepBox, Verify
from commands.steps.execution import run_job
from commands.steps.outcome import Context
from commands.steps.page_fields import ShellText, VariableText
from commands.steps.shared.news import attempt_of, is_news
from commands.steps.shared.script_env import ScriptEnv
from commands.steps.shared.tool_sessions import Left, ToolSessions
from commands.steps.shared_fields import HostName, LockTimeout
from commands.steps.tool_migration import RESTORE, ToolMigration
from commands.steps.unset_variables import unset_error
from commands.steps.values import has_placeholder, page_texts
from commands.systems.migrations.locks import AdvisoryLock
from commands.systems.migrations.tool_script import masked_problem, state_in, told, told_lines, tool_script
from commands.systems.migrations.tools import MIGRATION_TOOLS, MigrationTool, Table, ToolName
from commands.systems.migrations.troubles import stuck_in, told_troubles, trouble_in
from commands.text.durations import Duration, parse_duration
from commands.text.phrases import capitalized
from state.errors import Failed

_GIVEN = ("PROGRAM", "FOLDER", "STATE_BEFORE")  # variables that every script of the step has
ASK_LIMIT = 60  # seconds; a framework may load the whole application first
_MOST_ATTEMPTS = 30  # of one step whose notes are read


class MigrationToolStep(StepBox):
    """Commands of a tool in `folder` on `host`, by `tool` or written out, with the variables of `env`."""

    host: HostName
    folder: VariableText = Field(
        description="The folder on the host in which the tool runs.", examples=["$PROD_REPOSITORY/api"]
    )
    tool: ToolName | None = Field(
        default=None,
        description="The migration tool. Without it, write its commands: `state`, and `forward` or `back`.",
    )
    program: ShellText = Field(
        default="",
        description="What starts the tool. Without it, its usual name, such as `alembic` or `python manage.py`.",
        examples=["venv/bin/alembic"],
    )
    state: ShellText = Field(
        default="",
        description="A command that prints what is applied. Needed without `tool`.",
        examples=["bin/migrations list"],
    )
    forward: ShellText = Field(
        default="",
        description="The command that applies what is new. Needed without `tool`.",
        examples=["bin/migrations up"],
    )
    back: ShellText = Field(
        default="",
        description=(
            "The command that goes back to the state in `$STATE_BEFORE`, needed without `tool` in the box of the "
            'rollback; or `"restore"`: the whole database from the backup.'
        ),
        examples=['bin/migrations down "$STATE_BEFORE"'],
    )
    env: ScriptEnv = Field(default_factory=dict)
    may_be_empty: bool = Field(default=False, description="Whether it is fine if there was nothing to apply.")
    database: str = Field(
        default="",
        description="The database of the `verify` queries, by its name under `[databases]` in Places.",
        examples=["production"],
    )
    verify: list[Verify] = Field(
        default_factory=list,
        description="Queries that must hold once the tool has ended, beside the state that it reports.",
        examples=[
            [
                {
                    "says": "orders without a price",
                    "expect": 0,
                    "sql": "SELECT count(*) FROM orders WHERE price IS NULL",
                }
            ]
        ],
    )
    lock_timeout: LockTimeout = parse_duration("5 s")
    statement_timeout: Duration | None = Field(
        default=None,
        description=(
            "How long one statement may take, for tools that connect through libpq. Without it, no limit but the "
            "step's."
        ),
        examples=["5 min"],
    )
    mode: Literal["forward", "back"] = Field(
        default="forward",
        description="Whether new migrations are applied, or in a rollback taken back to where they were.",
    )

    def has_applied(self, ctx: Context, step: str) -> bool | None:
        before = ctx.file(note_before(step))
        return before is not None and any(state != before for state in states_after(ctx, step))

    def ask(self, ctx: Context) -> str:
        """The tool's state. Raises Failed if it does not tell it."""
        result = self.asked(ctx, self.ask_script())
        state = state_in(result)
        if state is None:
            raise Failed(f"The migration tool does not report its state: {result.last_line}", output=result.tail)
        if why := masked_problem(state):
            raise Failed(capitalized(why), output=result.tail)
        return state

    def asked(self, ctx: Context, script: str, data: Mapping[str, str] = MappingProxyType({})) -> CommandResult:
        """What one of its scripts that change nothing prints now; `data` are more variables of it.

        Raises what `Shell.ask` raises.
        """
        env: dict[str, Text] = {**page_texts(self.script_env(), ctx.values), **data}
        return ctx.tools.shell.ask(self.host, script, env=env, limit=ASK_LIMIT)

    def command(self, name: str) -> str:
        """A command of the page, or else of the tool. A way back by a restore is none."""
        written: str = getattr(self, name)
        if written == RESTORE and name == "back":
            return ""
        return written or str(getattr(self._shipped(), name, ""))

    def ask_script(self, *, enter: str = "") -> str:
        """The script that prints the state. `enter` is bash that goes to its folder in another way than usual."""
        return self._script("", enter)

    def troubles_script(self) -> str:
        """What follows on `ask_script` to print what keeps the tool's own `forward` from applying anything."""
        shipped = self._shipped()
        looks = shipped is not None and self.mode == "forward" and not self.forward
        return "\n" + told_troubles(shipped.troubles) if shipped and looks else ""

    def known_tool(self) -> str | None:
        """The tool, if it is what prints the state."""
        return self.tool if not self.state else None

    def trouble(self, ctx: Context, state: str | None) -> str:
        """Why the tool would apply nothing now, with the cure, as sentences; empty if nothing is known of it.

        `state` is what it has told just now; None to ask it.
        """
        looks = self.troubles_script()
        if not self.known_tool() or (state is not None and not (looks or stuck_in(state, self.tool)[0])):
            return ""
        script = (self.ask_script() if state is None else self._script("state=$STATE_NOW")) + looks
        result = self.asked(ctx, script, {"STATE_NOW": state or ""})
        why, cure = trouble_in(result, self.tool, state_in(result) if state is None else state)
        return f"Nothing was run, because the migration tool would apply nothing: {why}. Cure: {cure}." if why else ""

    def script(self, way: str) -> str:
        """The script that goes "forward" or "back"; empty if there is no such command."""
        command = self.command(way)
        return self._script(command) if command else ""

    def irreversible_script(self) -> str:
        """The script that prints what could not be taken back; empty for a tool that does not tell it."""
        shipped = self._shipped()
        return self._script(told(shipped.irreversible)) if shipped and shipped.irreversible else ""

    def pending_script(self) -> str:
        """The script that prints what the tool's own way forward has left; empty where that is not known."""
        shipped = self._shipped()
        asks = shipped is not None and shipped.pending and not (self.forward or self.state)
        return self._script(told(shipped.pending)) if shipped and asks else ""

    def several_databases(self, ctx: Context) -> bool:
        """Whether its tool tells the state of several databases at once, as Rails does. Raises ToolError."""
        shipped = self._shipped()
        if not shipped or not shipped.databases:
            return False
        return len(told_lines(self.asked(ctx, self._script(told(shipped.databases))))) > 1

    def passed_script(self) -> str:
        """The script that prints what the tool never applies; empty for one that applies all, or is told otherwise."""
        return self._script(self._passed()) if self._passed() else ""

    def look_script(self) -> str:
        """What follows on `ask_script` before a run starts: what keeps the tool from applying all that there is."""
        passed = self._passed().strip()
        look = f"migration_passed() {{\n{passed}\n}}\n(migration_passed) 2> /dev/null || true\n" if passed else ""
        return f"{self.troubles_script()}\n{look}"

    def table(self) -> Table | None:
        """The table in which the tool that prints the state records it, if that is known."""
        shipped = self._shipped() if self.known_tool() else None
        return shipped.table if shipped else None

    def script_env(self) -> dict[str, str]:
        """The variables of its scripts."""
        timeouts = {"lock_timeout": self.lock_timeout, "statement_timeout": self.statement_timeout}
        options = " ".join(f"-c {name}={_milliseconds(limit)}" for name, limit in timeouts.items() if limit)
        return {**self.env, "FOLDER": self.folder, "GONOGO_PGOPTIONS": options}

    def as_migration(self, way: str) -> ToolMigration:
        """What a rehearsal runs on a copy."""
        shipped = self._shipped()
        return ToolMigration(
            host=self.host,
            ask=self.ask_script(),
            run=self.script(way),
            env=self.script_env(),
            may_be_empty=self.may_be_empty,
            restores=self.back == RESTORE,
            address_parts=shipped.address_parts if shipped else {},
            grows=shipped.grows if shipped else (),
            tool=self.tool or "",
            passed=self.passed_script(),
            kept_as=self.files_kept_as(),
        )

    def after_attempt(self, ctx: Context) -> str:
        """The state after an attempt, which the run notes."""
        state = self.ask(ctx)
        self.note_state(ctx, state)
        return state

    def databases(self, ctx: Context) -> tuple[str, ...]:
        """The page's databases that its tool may change: `database`, or those at its addresses, or all."""
        return self.known_databases(ctx) or ctx.tools.database.names_at(DatabaseAddress(""))

    def known_databases(self, ctx: Context) -> tuple[str, ...]:
        """The page's databases that it surely names: `database`, or those at its addresses."""
        if self.database:
            return (self.database,)
        names_at = ctx.tools.database.names_at
        at = [names_at(DatabaseAddress(address), only=True) for address in self.env.values()]
        return tuple(dict.fromkeys(chain(*at)))

    def note_state(self, ctx: Context, state: str) -> None:
        """Note the state that an attempt left, so that the next one does not take it for somebody else's work."""
        way = "back " if self.mode == "back" else ""
        ctx.save_file(note_after(self.forward_id(ctx), f"{way}{attempt_of(ctx)}"), state)

    def run_tool(self, ctx: Context, data: Mapping[str, str] = MappingProxyType({})) -> CommandResult:
        """Run the tool in its direction as this attempt's job. Raises what `run_job` raises."""
        sessions, env = self._sessions(ctx), self.script_env()
        more = {**data, **sessions.variables(ctx, env["GONOGO_PGOPTIONS"])}
        try:
            return run_job(self, ctx, self.host, self.script(self.mode), env, more)
        except Failed as error:  # it was killed
            left = sessions.left(ctx)
            unseen = [f"It could not be seen {clause}" for clause in left.unseen]
            sentences = " ".join(filter(None, (str(error), left.at_work, *unseen, self.locked(ctx))))
            raise Failed(sentences, output=error.output) from error

    def lock(self) -> AdvisoryLock | None:
        """The advisory lock of its tool's migrations, if that is known."""
        shipped = self._shipped()
        return shipped.lock if shipped else None

    def locked(self, ctx: Context) -> str:
        """That a row which a killed tool of the page's own commands left keeps it from starting; empty if none does."""
        return self._sessions(ctx).locked(ctx) if not self.tool else ""

    def left_at_work(self, ctx: Context) -> Left:
        """What a job that is no more left at work in the page's databases: of it, of the step that it undoes, or of
        another run."""
        jobs = (ctx.key, *ctx.unsettled)
        if any(ctx.tools.shell.job_status(self.host, key).state == "running" for key in jobs):
            return Left()  # it is waited for
        return self._sessions(ctx).left(ctx)

    def states_of_others(self, ctx: Context) -> set[str]:
        """The states after the run's other migrations by the same tool."""
        place = (self.host, self.folder, self.command("state"))
        own = self.forward_id(ctx)
        return {
            state
            for name, box in ctx.boxes.items()
            if isinstance(box, MigrationToolStep)
            and name != own
            and (box.host, box.folder, box.command("state")) == place
            for state in states_after(ctx, name)
        }

    def is_news(self, ctx: Context, state: str) -> bool:
        """Whether no earlier attempt has told people of this state already."""
        return is_news(ctx, "migrations moved", state)

    def forward_id(self, ctx: Context) -> str:
        """The step that goes forward: itself, or the one that it undoes."""
        return self.undoes if self.mode == "back" else ctx.step_key.rsplit("/", 1)[-1]

    def note_of_before(self, ctx: Context) -> str:
        """The name of the run's file with the state from before the deploy."""
        return note_before(self.forward_id(ctx))

    def kept_as(self) -> str:
        """The name of the state that the check before the start finds."""
        return f"migrations in {self.folder} on {self.host}"

    def files_kept_as(self) -> str:
        """The name of what that check finds of the migrations' files."""
        return f"files of {self.kept_as()}"

    def restores(self) -> bool:
        """Whether it goes back by a restore of the whole database."""
        return self.mode == "back" and self.back == RESTORE

    def commands_error(self) -> str:
        """What is wrong with its commands, for the page's author; empty if nothing."""
        if bool(self.verify) != bool(self.database):
            return "database: is missing beside verify; add it" if self.verify else "database: is for verify; add that"
        if self.mode == "back" and self.tool and not self.command("back") and self.back != RESTORE:
            return f'back: {self.tool} knows no way back; write back = "restore", or the command that goes back'
        wanted = ["state", *([] if self.restores() else [self.mode])]
        if missing := [name for name in wanted if not self.command(name)]:
            return f"{missing[0]}: is missing; name a tool ({', '.join(MIGRATION_TOOLS)}), or write the command"
        commands = {name: self.command(name) for name in ("program", *wanted)}
        if name := next((name for name, text in commands.items() if has_placeholder(text)), ""):
            return f'{name}: a value of an earlier step reaches the tool by `env`; write "$name" here'
        return unset_error(commands.values(), {*self.env, *_GIVEN})

    def _sessions(self, ctx: Context) -> ToolSessions:
        """One name for both directions: the way back must see what the way forward left."""
        run = ctx.step_key.rsplit("/", 1)[0]
        steps = tuple(f"{run}/{name}" for name, box in ctx.boxes.items() if isinstance(box, MigrationToolStep))
        databases, known = self.databases(ctx), self.known_databases(ctx)
        return ToolSessions(
            step=f"{run}/{self.forward_id(ctx)}",
            run_steps=steps,
            databases=databases,
            known=known,
            lock=self.lock(),
        )

    def _passed(self) -> str:
        shipped = self._shipped() if self.mode == "forward" and not self.forward and self.known_tool() else None
        return shipped.passed if shipped else ""

    def _shipped(self) -> MigrationTool | None:
        return MIGRATION_TOOLS[self.tool] if self.tool else None

    def _script(self, command: str, enter: str = "") -> str:
        shipped = self._shipped()
        return tool_script(
            self.command("program"),
            self.command("state"),
            command,
            self.env,
            all_urls=shipped is not None and not shipped.reads_pgoptions,
            may_be_silent=not self.state,
            **({"enter": enter} if enter else {}),
        )


def note_before(step: str) -> str:
    """The name of the run's file with the state from before a step of this id."""
    return f"migrations before {step}"


def note_after(step: str, attempt: str) -> str:
    """The name of the run's file with the state that an attempt at the step, or its way back, found after it."""
    return f"migrations after {step} {attempt}"


def states_after(ctx: Context, step: str) -> Iterator[str]:
    """The states that were found after the step."""
    numbers = [str(number) for number in range(1, _MOST_ATTEMPTS)]
    for attempt in ("back", *numbers, *(f"back {number}" for number in numbers)):
        state = ctx.file(note_after(step, attempt))
        if state is not None:
            yield state


def _milliseconds(limit: timedelta) -> int:
    return round(limit.total_seconds() * 1000)
