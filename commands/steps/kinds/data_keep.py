"""`data-keep`: keeps the rows that a migration drops as they are right before it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import ClassVar, NamedTuple

from commands.ports.page_text import Text
from commands.ports.preflight import PreflightCheck
from commands.ports.shell import CommandResult
from commands.steps.base import StepBox
from commands.steps.execution import recover_job, run_job
from commands.steps.outcome import Context, Outcome, done, failed
from commands.steps.plan_line import program_plan
from commands.steps.shared.returned_rows import ReturnedRowsStep
from commands.steps.shared_fields import BackupCompared
from commands.steps.value_types import ValueType
from commands.steps.values import TO_THE_BOT, parse_values, without_values
from commands.systems.postgres.client_programs import ADDRESS, address_error
from commands.systems.postgres.return_rows import KEEP_ROWS
from commands.systems.postgres.same_database import SameDatabaseCheck, identities
from commands.text.exit_codes import exit_words
from commands.text.numbers import format_count

_SCRIPT = "".join(("umask 077\n", ADDRESS, KEEP_ROWS))
_COMPARED = re.compile(r"^(same|changed): (.*)\|(\d*)\|(\d+)$", re.MULTILINE)
_ERROR = re.compile(r"^(?:psql:.*?|pg_dump: error: .*?)?ERROR:\s+(.*?)(?: at character \d+)?$", re.MULTILINE)
_FAILURES = {
    68: "The backup is missing or was changed (its checksum differs); nothing was compared.",
    70: "The rows changed while they were kept: somebody still writes to these tables. Stop the requests first.",
}


class DataKeepStep(ReturnedRowsStep):
    """Keeps the rows that a migration drops as they are right before it, so that a rollback loses none of them.

    Place it after requests were stopped and before the migration, with the tables and columns of the `data-return`.
    The tables are compared with the backup. If they have changed, they are dumped again, and that dump is loaded into
    temporary tables of production, as a rollback would do it.
    """

    kind: ClassVar[str] = "data-keep"
    proves: ClassVar[str] = "the rows in the backup, or in the new dump, are those that the tables have now"
    done_on_each: ClassVar[bool] = False
    needs_second_person: ClassVar[bool] = True
    has_job: ClassVar[bool] = True

    compared: BackupCompared = "<backup_compared>"

    def plan(self) -> list[str]:
        what = ", ".join([*self.tables, *self.columns])
        says = f"compares {what} with {self.file}, and dumps the tables again if they have changed since"
        return program_plan(self.host, says, self.script(_SCRIPT), {**self._env(), **self.rows_env()})

    def preflight(self) -> list[PreflightCheck]:
        same = SameDatabaseCheck(host=self.host, database_url=self.database_url, words=self._words)
        return [*super().preflight(), *self.program_checks(("pg_dump", "sha256sum")), same]

    def value_types(self) -> Mapping[str, ValueType]:
        return {"rows_file": ValueType.WORD, "rows_sha256": ValueType.SHA256}

    def run(self, ctx: Context) -> Outcome:
        backup, attempt = ctx.values.get("backup_file", self.file), ctx.key.rsplit("/", 1)[-1]
        seen = identities(ctx.tools, self.database_url)
        data = {**self.rows_env(), "SEEN": seen, "NEW": f"{backup.removesuffix('.dump')}_rows_{attempt}.dump"}
        result = run_job(self, ctx, self.host, self.script(_SCRIPT), self._env(), data, hides=TO_THE_BOT)
        values = parse_values(result.tail)
        if result.code or not self.value_types().keys() <= values.keys():
            return self._failed(result)
        tables = [_Table(*found) for found in _COMPARED.findall(result.tail)]
        rows = format_count(sum(int(table.rows) for table in tables), "row")
        where = f"{rows} in {format_count(len(tables), 'table')}"
        kept = {name: values[name] for name in self.value_types()}
        if values["rows_file"] == backup:
            return done(f"Nothing has changed since the backup: {where}. A rollback brings them back.", values=kept)
        changed = [table for table in tables if table.state == "changed"]
        since = f"{format_count(len(changed), 'table')} changed since the backup"
        if not changed:
            since = "The backup counted the rows only"
        summary = (
            f"{since}, so the rows were kept again: {where}, loaded back and compared. A rollback brings them back."
        )
        return done(summary, lines=tuple(table.line() for table in changed), output=result.tail, values=kept)

    def recover(self, ctx: Context) -> Outcome | None:
        return recover_job(self, ctx, self.host)

    def page_error(self, boxes: Mapping[str, StepBox]) -> str:
        returns = [env for box in boxes.values() if (env := box.data_return_env()) is not None]
        if any(self.is_about_the_rows_of(env) for env in returns):
            return ""
        return "tables, columns: must be those of a data-return step, which brings these rows back"

    def keeps_rows_of(self, rows: Mapping[str, str]) -> bool:
        return self.is_about_the_rows_of(rows)

    def _env(self) -> dict[str, Text]:
        return {**self.archive_env(), "BY": self.compared}

    def _failed(self, result: CommandResult) -> Outcome:
        errors = _ERROR.findall(result.tail)
        general = f"The rows were not kept ({exit_words(result.code)})" + (f": {errors[0]}." if errors else ".")
        lines = without_values(result.last_lines)
        summary = address_error(result.code, result.tail) or _FAILURES.get(result.code, general)
        return failed(summary, lines=lines, output=result.tail)


class _Table(NamedTuple):
    """A table as it is now: "same" or "changed", its name, its rows in the backup ("" if it is not in it), and now."""

    state: str
    name: str
    before: str
    rows: str

    def line(self) -> str:
        """The table as a line of the thread."""
        if not self.before:
            return f"{self.name}: not in the backup, {int(self.rows):,} now"
        if self.before == self.rows:
            return f"{self.name}: {format_count(int(self.rows), 'row')}, not all as in the backup"
        return f"{self.name}: {int(self.before):,} in the backup, {int(self.rows):,} now"
