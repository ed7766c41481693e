"""`data-return`: brings dropped rows and column values back from the run's own backup."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import ClassVar, NamedTuple

from pydantic import Field

from commands.ports.page_text import PageText
from commands.ports.preflight import PreflightCheck
from commands.ports.shell import CommandResult
from commands.steps.base import StepBox, execute
from commands.steps.execution import run_job
from commands.steps.outcome import Context, Outcome, done, failed
from commands.steps.plan_line import program_plan
from commands.steps.shared.migration_tool import note_before
from commands.steps.shared.returned_rows import ReturnedRowsStep
from commands.steps.shared_fields import DatabaseName
from commands.steps.values import TO_THE_BOT
from commands.systems.postgres.client_programs import ADDRESS, address_error
from commands.systems.postgres.receipts import lock_number
from commands.systems.postgres.return_rows import BRING_BACK
from commands.systems.postgres.same_database import SameDatabaseCheck, identities
from commands.systems.postgres.writable import WritableDatabaseCheck
from commands.systems.scripts import script
from commands.text.durations import format_duration, format_seconds
from commands.text.exit_codes import exit_words
from commands.text.numbers import format_count
from commands.text.phrases import agree

_SCRIPT = "".join(
    (
        "umask 077\n",
        ADDRESS,
        script("postgres/archive.sh"),
        BRING_BACK,
        'export PGAPPNAME="gonogo $KEY" LC_ALL=C.UTF-8\ncd "$FOLDER"\nis_direct\nis_as_seen\nis_whole\nbring_back\n',
    )
)
_BACK = re.compile(r"^back: (.*)\|(\d+)\|(\d+)\|(\d+)\|(\d+)\|(\d+)$", re.MULTILINE)
_MOVED = re.compile(r"^(not )?moved: (.*)\|(-?\d+)\|(-?\d+)$", re.MULTILINE)
_NOT_BACK = re.compile(r"^not back: (.*)$", re.MULTILINE)
_NOT_BACK_WORDS = re.compile(r"(\d+) rows of the backup are not back (\(.*\))")
_NOT_BACK_BEFORE = "SELECT name FROM gonogo.receipts WHERE key = <key> || '/not back'"
# tables, and columns each with its table before a tab, that are not there
_GONE = """
SELECT one FROM unnest(string_to_array(nullif(<tables>, ''), chr(10))) AS one WHERE to_regclass(one) IS NULL
UNION ALL SELECT replace(one, chr(9), '.') FROM unnest(string_to_array(nullif(<columns>, ''), chr(10))) AS one
WHERE NOT EXISTS (
  SELECT FROM pg_attribute WHERE attrelid = to_regclass(split_part(one, chr(9), 1)) AND NOT attisdropped
  AND attname = (parse_ident(split_part(one, chr(9), 2)))[1]
)"""
_ERROR = re.compile(r"^(?:psql:.*?)?ERROR:\s+(.*?)(?: at character \d+)?$", re.MULTILINE)
_NOT_COMPARED = "Rows written between the backup and the migration were not compared: this page has no data-keep step."
_FAILURES = {
    68: "The backup {file} is missing or was changed (its checksum differs); nothing was brought back.",
}


class DataReturnStep(ReturnedRowsStep):
    """Brings back, in a rollback, the rows and column values that a migration dropped.

    They come from what a `data-keep` step kept right before the migration, or else from the run's backup. Without
    the migration's receipt the step does nothing; where a tool's migration failed, it looks whether a table or
    column is gone. A row whose key exists already is left alone; if it differs from the backup's, the step fails
    and people decide, because references to the old row now lead to the new one. Every sequence that is behind its
    position in the backup is moved on. All of it happens once, in one transaction.
    """

    kind: ClassVar[str] = "data-return"
    proves: ClassVar[str] = "the rows of the backup are there, or which are not"
    done_on_each: ClassVar[bool] = False
    changes_production: ClassVar[bool] = True
    needs_second_person: ClassVar[bool] = True

    database: DatabaseName
    undoes: str = Field(
        min_length=1,
        description="The `sql` step that drops the rows, by its id. If it was never applied, this step does nothing.",
        examples=["migration"],
    )

    def plan(self) -> list[str]:
        rows = f"on {self.database}: brings missing rows of {', '.join(self.tables)} back from {self.file}"
        says = "reads them from the backup, and writes what is missing in one transaction"
        return [
            *([rows] if self.tables else []),
            *(f"on {self.database}: brings the values of {column} back from {self.file}" for column in self.columns),
            f"in one transaction with its receipt, waiting at most {format_duration(self.lock_timeout)} for locks",
            *program_plan(self.host, says, self.script(_SCRIPT), {**self.archive_env(), **self.rows_env()}),
        ]

    def preflight(self) -> list[PreflightCheck]:
        same = SameDatabaseCheck(
            host=self.host, database_url=self.database_url, database=self.database, words=self._words
        )
        return [*super().preflight(), same, WritableDatabaseCheck(database=self.database)]

    def run(self, ctx: Context) -> Outcome:
        if ctx.tools.database.has_receipt(self.database, ctx.step_key):
            return self._done_before(ctx)
        if not self._has_migrated(ctx) and (nothing := self._without_migration(ctx)):
            return nothing
        seen = identities(ctx.tools, self.database_url, self.database)
        own = {**self.rows_env(), "KEY": ctx.step_key, "LOCK": str(lock_number(ctx.step_key)), "SEEN": seen}
        kept = "rows_sha256" in ctx.values
        archive = {"FILE": "<rows_file>", "SHA256": "<rows_sha256>"} if kept else {}
        result = run_job(
            self, ctx, self.host, self.script(_SCRIPT), self.archive_env() | archive, own, hides=TO_THE_BOT
        )
        # the script prints a line for every table, even for an empty one
        tables = [_Table(name, *map(int, counts)) for name, *counts in _BACK.findall(result.tail)]
        if result.code or not tables:
            return self._failed(ctx, result)
        summary = f"Brought back from the backup in {format_seconds(result.seconds)}: {self._total(tables)}."
        moved = _MOVED.findall(result.tail)
        if stuck := [name for without, name, *_ in moved if without]:
            which = ", ".join(stuck)
            summary += f" NOT moved to the position in the backup, because the user lacks the right: sequence {which}."
        lines = tuple(table.line() for table in tables) + tuple(_moved_line(*one) for one in moved)
        lines += () if kept else (_NOT_COMPARED,)
        if lost := _NOT_BACK.search(result.tail):
            return failed(_loss(lost[1], summary), lines=lines, output=result.tail)
        return done(summary, lines=lines, output=result.tail, compared=(f"{self._total(tables)} back",))

    def recover(self, ctx: Context) -> Outcome | None:
        """Run it again: if it was done, the receipt says so, and if not, the transaction left nothing behind."""
        return execute(self, ctx)

    def inputs(self) -> set[str]:
        return {"backup_file", "backup_sha256"} & super().inputs()

    def page_error(self, boxes: Mapping[str, StepBox]) -> str:
        file, by_tool = boxes[self.undoes].applied_file(), boxes[self.undoes].tool_migration()
        if (by_tool and not boxes[self.undoes].undoes) or (file and file.receipt):
            return ""
        return (
            "undoes: must name the sql or migrate step that drops the rows, and a sql step must keep its receipt: "
            "without the receipt nobody knows whether rows were lost"
        )

    def page_warning(self, boxes: Mapping[str, StepBox]) -> str:
        if any(box.keeps_rows_of(self.rows_env()) for box in boxes.values()):
            return ""
        return (
            "rows written between the backup and the migration would be lost by a rollback: "
            "no data-keep step keeps these tables and columns right before the migration"
        )

    def data_return_env(self) -> dict[str, str]:
        return self.rows_env()

    def _has_migrated(self, ctx: Context) -> bool:
        """Whether this run has applied the migration: the tool's state has said so, or the receipt does."""
        migration = ctx.boxes.get(self.undoes)
        seen = migration.has_applied(ctx, self.undoes) if isinstance(migration, StepBox) else None
        if seen is None:
            key = f"{ctx.step_key.rsplit('/', 1)[0]}/{self.undoes}"
            return ctx.tools.database.has_receipt(self.database, key)
        return seen

    def _without_migration(self, ctx: Context) -> Outcome | None:
        """The outcome where no migration is recorded. None if one that failed dropped something that is there again."""
        if ctx.file(note_before(self.undoes)) is None:
            return done("This run never applied the migration, so no rows were lost. Nothing was done.")
        rows, noted = self.rows_env(), f"dropped by a failed migration {self.undoes}"
        query = PageText(_GONE, {"tables": rows["TABLES"], "columns": rows["COLUMNS"]})
        if gone := [str(row[0]) for row in ctx.tools.database.query(self.database, query).rows]:
            ctx.save_file(noted, "\n".join(gone))
            why = "the tool recorded no migration, so one that failed dropped it outside of a transaction"
            todo = "Create what is gone again, empty, and run this step again"
            return failed(f"{', '.join(gone)}: gone, but {why}. {todo}; it then brings the rows back.")
        if ctx.file(noted) is not None:
            return None
        return done("The tool recorded no migration, and the tables and columns are all there. Nothing was done.")

    def _total(self, tables: list[_Table]) -> str:
        rows, values = sum(table.back for table in tables), sum(table.filled for table in tables)
        parts = [f"{format_count(rows, 'row')} in {format_count(len(tables), 'table')}"] * bool(self.tables)
        parts += [format_count(values, "column value")] * bool(self.columns)
        return " and ".join(parts)

    def _done_before(self, ctx: Context) -> Outcome:
        query = PageText(_NOT_BACK_BEFORE, {"key": ctx.step_key})
        if lost := ctx.tools.database.query(self.database, query).rows:
            return failed(_loss(lost[0][0], "This run has already brought back all other rows."))
        return done("This run has already brought the rows back.")

    def _failed(self, ctx: Context, result: CommandResult) -> Outcome:
        errors = _ERROR.findall(result.tail)
        general = f"Nothing was brought back ({exit_words(result.code)})" + (f": {errors[0]}." if errors else ".")
        file = ctx.values.get("rows_file") or ctx.values.get("backup_file", self.file)
        summary = address_error(result.code, result.tail) or _FAILURES.get(result.code, general).format(file=file)
        return failed(summary, lines=result.last_lines, output=result.tail)


class _Table(NamedTuple):
    """The rows of one table: in the backup, in the table before, brought back, and lost to newer rows.

    `filled` are the column values that were brought back.
    """

    name: str
    archived: int
    present: int
    back: int
    filled: int
    lost: int

    def line(self) -> str:
        """The table as a line of the thread."""
        line = (
            f"{self.name}: {self.archived:,} in the backup, {self.present:,} in the table, {self.back:,} brought back"
        )
        existing = self.archived - self.back - self.lost
        line += f", {existing:,} already there" if existing and not self.filled else ""
        line += f", {self.lost:,} not brought back because newer rows have the same keys" if self.lost else ""
        return line + (f", {format_count(self.filled, 'column value')}" if self.filled else "")


def _moved_line(without: str, name: str, before: str, after: str) -> str:
    """A sequence that was behind the backup or its rows, as a line of the thread."""
    if without:
        return f"❗ sequence {name}: at {before}, in the backup at {after}; the user may not move it"
    return f"sequence {name}: moved from {before} to {after}"


def _loss(script_words: str, rest: str) -> str:
    """The summary for rows that could not be brought back, from the script's words for them."""
    lost = script_words
    if match := _NOT_BACK_WORDS.fullmatch(script_words):
        verb = agree(int(match[1]), "was", "were")
        lost = f"{format_count(int(match[1]), 'row')} of the backup {verb} not brought back {match[2]}"
    return (
        f"{lost}: newer rows have the same keys, and references to the old rows now lead to the newer ones. "
        f"{rest} Skip this step only if you accept that."
    )
