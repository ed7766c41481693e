"""`rehearse`: runs migration and rollback on a copy of the backup, and reports losses."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from datetime import timedelta
from typing import ClassVar, Literal, Self

from pydantic import Field, PrivateAttr, model_validator

from commands.ports.page_text import Text
from commands.ports.shell import CommandResult
from commands.steps.base import StepBox
from commands.steps.outcome import Context, Outcome, done, failed
from commands.steps.page_fields import VariableText
from commands.steps.plan_line import program_plan
from commands.steps.shared.database_copy import BackupCopyStep
from commands.steps.shared.news import is_news
from commands.steps.shared.passed_over import passed_over_in
from commands.steps.shared.rehearsed_steps import (
    VERIFIED,
    applying,
    difference,
    holds,
    returns_function,
    unasked,
    verify_function,
    verify_function_of_tool,
)
from commands.steps.shared.tool_rehearsal import ToolRehearsal, way_back
from commands.steps.values import parse_values, without_values
from commands.systems.migrations.on_copy import owner_failure, owner_lines, tool_failure
from commands.systems.migrations.passed_over import passed_sentence
from commands.systems.postgres.catalog import CATALOG, ROLES, about_new_roles, in_words, parse_differences
from commands.systems.postgres.client_programs import SCRATCH, SCRATCH_ERRORS, address_error
from commands.systems.postgres.invalid_indexes import invalid_among
from commands.systems.postgres.missing_rights import MISSING_SINCE, OBJECTS_NOW, missing_sentence, parse_missing
from commands.systems.postgres.new_defects import DEFECTS, parse_defects
from commands.systems.postgres.one_transaction import doubtful_statements, unsafe_statements
from commands.systems.postgres.rehearsal_differences import not_as_before, other_views, remarks
from commands.systems.postgres.rehearsal_output import column_lines, lock_lines, parse_tables, row_lines, skipped_lines
from commands.systems.postgres.return_rows import BRING_BACK
from commands.systems.postgres.server_wide import named_databases, server_wide_statements
from commands.systems.postgres.sql_file import append_to_each
from commands.systems.scripts import script
from commands.text.durations import format_seconds
from commands.text.exit_codes import exit_words
from commands.text.numbers import format_count


def _one_line(name: str) -> str:
    """A script without comments, on one line, so that it does not move the lines of the file it is put into."""
    return " ".join(line for line in script(name).splitlines() if not line.startswith("--"))


_PROBE = _one_line("postgres/rehearse_locks.sql")
_SCRIPT = "".join(
    (
        "umask 077\n",
        SCRATCH,
        BRING_BACK,
        f"TABLES_BEFORE={shlex.quote(_one_line('postgres/rehearse_tables.sql'))}\n",
        f"PROBE={shlex.quote(_PROBE)}\n",
        f"NEXT_INSERT={shlex.quote(script('postgres/next_insert.sql'))}\n",
        f"STANDING={shlex.quote(script('postgres/standing.sql'))}\n",
        f"OBJECTS_NOW={shlex.quote(OBJECTS_NOW)}\n",
        f"MISSING_SINCE={shlex.quote(MISSING_SINCE)}\n",
        f"DEFECTS={shlex.quote(DEFECTS)}\n",
        f"ALL_COLUMNS={shlex.quote(script('postgres/columns.sql'))}\n",
        CATALOG,
        ROLES,
        f"ROLES_BEFORE={shlex.quote(script('postgres/roles_before.sql'))}\n",
        f"ROLES_RESTORE={shlex.quote(script('postgres/roles_restore.sql'))}\n",
        f"SETTINGS={shlex.quote(script('postgres/settings.sql'))}\n",
        f"ACTS_AS={shlex.quote(script('postgres/acts_as.sql'))}\n",
        "LOCK=0\n",
        script("postgres/rehearse.sh"),
    )
)
# output of the script that is meant for the bot, not for people
_FOR_THE_BOT = re.compile(
    r"(verify|table|lock|column|not held|differs|left|may not|may change|owners unasked|no right): "
)
_NO_DATABASE = re.compile(r'ERROR: +database "[^"\n]*" does not exist|ERROR: +database "…')
_NOT_AS_THERE = {
    "rights_not_compared": "owners and privileges were NOT compared: {}",
    "unknown_zone": "times were NOT read in the database's zone {}, which the scratch server does not know",
}
_AS_MEANT = "Change the migration, or if that is meant, run the step again to go on."
_WITHOUT_RIGHT = (
    "The application would get “permission denied”. Add the statement to the migration, or if that is meant, run the "
    "step again to go on."
)
_FAILURES = {
    68: "The backup is missing or was changed (its checksum differs); nothing was rehearsed.",
    75: "The backup cannot be restored; nothing was rehearsed.",
    77: "On the copy, the {failing} failed; nothing else was touched.",
    78: "The scratch database is on the server of the database itself, and a file changes what that server shares. "
    "That would be a real change, so nothing was rehearsed. Name a scratch database on another server.",
    **SCRATCH_ERRORS,
}


class RehearseStep(BackupCopyStep):
    """Runs the migration, its rollback and the `data-return` on a copy of the backup, and shows what is lost.

    With `migration`, the tool of that step runs on the host with the copy's address, forward and back; before that each
    of its commands must fail with the address of a database to which nobody may connect. It shows how long each takes
    and which locks block others. Any difference at the end fails the step: rows, sequences, rights, settings,
    constraints, indexes. What the copy does not have is named as not compared.
    """

    kind: ClassVar[str] = "rehearse"
    proves: ClassVar[str] = "the rollback brings back everything, as far as a copy can show it"
    done_on_each: ClassVar[bool] = False
    evidence_name: ClassVar[str] = "rehearsal"
    purpose: ClassVar[str] = "rehearsal"
    dumps_copy: ClassVar[bool] = True
    uses_copy_of_proof: ClassVar[bool] = True

    forward: str = Field(
        default="",
        description="The migration's SQL file, one of the `files` of the `release` step.",
        examples=["migrations/016_up.sql"],
    )
    rollback: str = Field(
        default="",
        description="The SQL file that rolls the migration back, one of the `files` of the `release` step.",
        examples=["migrations/016_down.sql"],
    )
    migration: str = Field(
        default="",
        description="Instead of the files: the `migrate` step whose tool is rehearsed, by id.",
        examples=["migration"],
    )
    code: VariableText = Field(
        default="",
        description="With `migration`: the folder with the release's code, if the step's folder does not have it yet.",
        examples=["$PROD_RELEASE/api"],
    )
    copy_env: dict[str, Literal["host", "port", "user", "password", "name"]] = Field(
        default_factory=dict,
        description="With `migration`: which variable of its `env` has which part of the database's address.",
        examples=[{"DB_HOST": "host", "DB_PORT": "port"}],
    )
    # what a `migration` runs, which the page's reader puts in
    _tool: ToolRehearsal | None = PrivateAttr(None)

    @model_validator(mode="after")
    def _says_what(self) -> Self:
        if bool(self.migration) == bool(self.forward or self.rollback) or bool(self.forward) != bool(self.rollback):
            raise ValueError("needs either forward and rollback (two files), or migration (a migrate step)")
        return self

    def take_boxes(self, boxes: Mapping[str, StepBox]) -> None:
        migration = boxes[self.migration].tool_migration() if self.migration in boxes else None
        back = way_back(self.migration, boxes)
        if migration and back:
            folder = self.code or migration.env["FOLDER"]
            self._tool = ToolRehearsal(forward=migration, back=back[1], folder=folder, copy_env=self.copy_env)

    def page_error(self, boxes: Mapping[str, StepBox]) -> str:
        if why := super().page_error(boxes):
            return why
        if not self.migration:
            return "code, copy_env: are for a migration" if self.code or self.copy_env else ""
        migration = boxes[self.migration].tool_migration() if self.migration in boxes else None
        if migration is None or boxes[self.migration].undoes:
            return "migration: must name the migrate step that goes forward"
        if migration.host != self.host:
            return f'host: the tool of {self.migration} runs on "{migration.host}", so it must be rehearsed there'
        return "" if way_back(self.migration, boxes) else f"migration: no step undoes {self.migration}"

    def plan(self) -> list[str]:
        restore = [] if self.scratch_url else [f"restores {self.file} {self.plan_of_copy()}"]
        if self._tool:
            return [*restore, *self.plan_of_needs(), *self._plan_of_tool(self._tool)]
        return [
            *restore,
            f"on a copy of {self.file}: {self.forward}, then {self.rollback}",
            "after each file, the page's verify queries for it; then each data-return step that undoes the first file",
            *self.plan_of_needs(),
            *program_plan(self.host, "does this on the copy", self.script(_SCRIPT), self.env()),
        ]

    def env(self) -> dict[str, Text]:
        return {**super().env(), **(self._tool.env() if self._tool else {})}

    def run(self, ctx: Context) -> Outcome:
        if self._tool:
            if missing := self._tool.missing_values(ctx.values):
                return self._not_started(ctx, f"No step has set <{missing[0]}> yet, which the migration tool needs.")
            never = passed_over_in(self._tool.folder, self._tool.forward, ctx).names
            why = passed_sentence(never, self._tool.forward.tool)
            if why and is_news(ctx, "never applied", why):
                return failed(f"Nothing was rehearsed: {why}. {_AS_MEANT}")
            verify = verify_function_of_tool("forward", self.migration, ctx)
            back = way_back(self.migration, ctx.boxes)
            verify += verify_function_of_tool("rollback", back[0] if back else "", ctx)
            script = self._tool.script() + verify + returns_function(self._returning(ctx.boxes)) + _SCRIPT
            return self.judge(ctx, self.run_on_copy(ctx, script, self.env()))
        files: list[tuple[str, str]] = []
        for path in (self.forward, self.rollback):
            text = ctx.file(path)
            if text is None:
                why = f"This run has not stored {path}. Add it to `files` of the release step."
                return self._not_started(ctx, why)
            if unsafe := unsafe_statements(text, ctx.tools.analysis):
                why = f"{path} line {unsafe[0].line}: {unsafe[0].why}; nothing was rehearsed."
                return self._not_started(ctx, why)
            files.append((path, text))
        return self.judge(ctx, self.run_on_copy(ctx, self._script(ctx, files), self.env()))

    def rehearsed_durations(self, boxes: Mapping[str, StepBox], measures: Mapping[str, float]) -> dict[str, timedelta]:
        back = way_back(self.migration, boxes)
        undoing = [back[0]] if back else list(applying(self.rollback, boxes))
        rollback = dict.fromkeys(undoing, measures.get("rollback_seconds", 0.0))
        returned = dict.fromkeys(self._returning(boxes), measures.get("return_seconds", 0.0))
        return {name: timedelta(seconds=seconds) for name, seconds in (rollback | returned).items()}

    def judge(self, ctx: Context, result: CommandResult) -> Outcome:
        output, values = result.tail, parse_values(result.tail)
        if result.code:
            general = f"The rehearsal failed with {exit_words(result.code)}; nothing else was touched."
            about_tool = tool_failure(result.code, values, self._tool.folder) if self._tool else ""
            summary = (
                about_tool
                or address_error(result.code, output)
                or _FAILURES.get(result.code, general).format(failing=values.get("failing", "?"))
            )
            lines = tuple(line for line in without_values(result.last_lines) if not _FOR_THE_BOT.match(line))
            files = {path: ctx.file(path) or "" for path in (self.forward, self.rollback)}
            doubts = tuple(
                f"{path}:{one.line} {one.why}"
                for path, text in files.items()
                for one in (*doubtful_statements(text), *(named_databases(text) if _NO_DATABASE.search(output) else ()))
            )
            return failed(summary, lines=(*lines, *doubts), output=output)
        if self._tool and (why := owner_failure(output, values.get("tool_user", "?"))):
            return failed(why, output=output)
        verified = VERIFIED.findall(output)
        if wrong := [one for one in verified if not holds(*one[1:])]:
            lines = tuple(f"after {way}, “{name}” {difference(how, *more)}" for way, how, name, *more in wrong)
            summary = f"On the copy, {lines[0]}. In the deploy, the run would stop there."
            return failed(summary, lines=lines, output=output)
        if broken := invalid_among(parse_differences(output, "not held"), ctx.file(self.forward) or ""):
            summary = (
                f"In the database itself the index {broken} is invalid, and IF NOT EXISTS would skip it; the copy does "
                "not have it. Rebuild it with REINDEX INDEX, or drop it."
            )
            return failed(summary, output=output)
        return self._judge_content(ctx, output, values, verified)

    def _judge_content(
        self, ctx: Context, output: str, values: dict[str, str], verified: list[tuple[str, ...]]
    ) -> Outcome:
        tables, told = parse_tables(output), []
        if self._tool:
            tables, grown = self._tool.without_grown(tables)
            told = [*self._tool.lines(values), *owner_lines(output, values.get("tool_user", "?")), *grown]
        lines = (
            *told,
            *(skipped := skipped_lines(output)),
            *column_lines(output),
            *row_lines(tables),
            *lock_lines(output),
            *unasked(verified),
            *remarks(output, values),
        )
        seconds = {name: int(values.get(f"{name}_ms", 0)) / 1000 for name in ("forward", "rollback", "return")}
        measures = {f"{name}_seconds": value for name, value in seconds.items()}
        times = ", ".join(f"{name} {format_seconds(seconds[name])}" for name in ("forward", "rollback"))
        if problem := not_as_before(output, values, tables):
            differences = [line for line in output.splitlines() if line.startswith(("< ", "> "))]
            beside = [one.line() for one in parse_differences(output, "differs")]
            lines = (*lines, f"took: {times}", *beside, *differences)
            if skipped:
                problem += f" Also, {skipped[0]}."
            return failed(f"On the copy, {problem}", lines=lines, output=output, measures=measures)
        missing = parse_missing(output)
        lines = (*lines, *(f"missing: {one.grant()}" for one in missing))
        lacks = missing_sentence(missing)
        if lacks and is_news(ctx, "missing rights", "\n".join(one.grant() for one in missing)):
            return failed(f"On the copy, {lacks}. {_WITHOUT_RIGHT}", lines=lines, output=output, measures=measures)
        wrong = parse_defects(output)
        if wrong and is_news(ctx, "defects", wrong):
            return failed(f"On the copy, {wrong}. {_AS_MEANT}", lines=lines, output=output, measures=measures)
        if back := sum(int(before or 0) for name, before, *_, how in tables if how == "returned"):
            returned = f"{format_count(back, 'row')} brought back from the backup"
            times += f", {returned} in {format_seconds(seconds['return'])}"
        passed = sum(how == "answer" for _, how, *_ in verified)
        more = f"; {format_count(passed, 'verify query', 'verify queries')} passed" if passed else ""
        if new := about_new_roles(parse_differences(output, "differs")):
            more += f"; NOT as before: {in_words(one.line() for one in new)}"
        if skipped:
            more += f"; {skipped[0]}"
        more += "".join(f"; {what}" for what in (other_views(output), lacks, wrong) if what)
        more += "".join(f"; {words.format(values[name])}" for name, words in _NOT_AS_THERE.items() if name in values)
        summary = f"On the copy: {times}; the schema, every row and every sequence are as before{more}."
        evidence = {"rehearsal": "schema, rows and sequences as before"}
        return done(summary, lines=lines, output=output, measures=measures, evidence=evidence)

    def _script(self, ctx: Context, files: list[tuple[str, str]]) -> str:
        """The whole script. It contains the files, because a variable of its environment holds 128 KB at most."""
        (_, forward), (_, rollback) = files
        shared = (
            f"{path} line {one.line}: {one.statement}" for path, text in files for one in server_wide_statements(text)
        )
        variables = {
            "FORWARD": append_to_each(forward, _PROBE),
            "BACK": append_to_each(rollback, _PROBE),
            "SERVER_WIDE": "\n".join(shared),
        }
        assignments = "".join(f"{name}={shlex.quote(text)}\n" for name, text in variables.items())
        verify = verify_function("forward", self.forward, ctx) + verify_function("rollback", self.rollback, ctx)
        return f"TOOL=\n{assignments}" + verify + returns_function(self._returning(ctx.boxes)) + _SCRIPT

    def _plan_of_tool(self, tool: ToolRehearsal) -> list[str]:
        says = (
            f"migrates a copy of {self.file} and takes it back, as the migrate steps do, in {tool.folder} with the "
            "copy's address; then each data-return step for it"
        )
        return program_plan(self.host, says, self.script(tool.script() + _SCRIPT), self.env())

    def _returning(self, boxes: Mapping[str, StepBox]) -> dict[str, StepBox]:
        """The steps that bring back what the migration drops, by id."""
        undone = {self.migration} if self.migration else set(applying(self.forward, boxes))
        return {name: box for name, box in boxes.items() if box.data_return_env() is not None and box.undoes in undone}

    def _not_started(self, ctx: Context, why: str) -> Outcome:
        self.drop_copy_of_proof(ctx)
        return failed(why)
