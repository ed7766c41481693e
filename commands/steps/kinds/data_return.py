"""`data-return`: brings rows of tables and columns that were dropped and made anew back from the run's own backup."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import ClassVar, Self

from pydantic import Field, model_validator

from commands.ports.preflight import PreflightCheck
from commands.ports.shell import CommandResult
from commands.steps.base import EnvName, StepBox, execute
from commands.steps.execution import host_plan, run_job
from commands.steps.outcome import Context, Outcome, done, failed
from commands.systems.postgres.client_programs import ADDRESS, NO_ADDRESS, NO_ADDRESS_CODE
from commands.systems.postgres.receipts import lock_number
from commands.systems.postgres.return_rows import BRING_BACK
from commands.systems.preflight.hosts import ProgramsCheck
from commands.systems.scripts import script
from commands.text.durations import Duration, format_duration, format_seconds, parse_duration

_SCRIPT = "".join(
    (
        "umask 077\n",
        ADDRESS,
        script("postgres/archive.sh"),
        BRING_BACK,
        'export PGAPPNAME="gonogo $KEY" LC_ALL=C.UTF-8\ncd "$FOLDER"\nis_whole\nbring_back\n',
    )
)
_BACK = re.compile(r"^back: (.*)\|(\d+)\|(\d+)\|(\d+)\|(\d+)\|(\d+)$", re.MULTILINE)
_NOT_BACK = re.compile(r"^not back: (.*)$", re.MULTILINE)
_NOT_BACK_BEFORE = "SELECT name FROM gonogo.receipts WHERE key = '{}/not back'"
_MEANS = (
    ": newer rows have their keys, and rows that pointed to them now point to those. {} Skip it only to accept that."
)
_ERROR = re.compile(r"^(?:psql:.*?)?ERROR:\s+(.*?)(?: at character \d+)?$", re.MULTILINE)
_WRONG = {
    NO_ADDRESS_CODE: NO_ADDRESS,
    68: "The backup {file} is not there, or not as it was (its checksum differs); nothing was brought back.",
}


class DataReturnStep(StepBox):
    """`tables` as one would write them in SQL; of a partitioned one, all parts. `columns` are "table.column" of kept tables;
    one of the two at least.

    `undoes` names the migration: where its receipt is not there, nothing was dropped, and nothing is done. Rows whose
    key is there already are left as they are, so that what was written since stays; where that is another row than the
    backup's, people decide, because what pointed to the old one now points to it. Sequences move on. All in one transaction with
    a receipt, so that it happens once, whoever tries.
    """

    kind: ClassVar[str] = "data-return"
    changes: ClassVar[bool] = True
    skip_needs_two: ClassVar[bool] = True

    host: str
    database: str
    database_url: EnvName
    folder: EnvName
    file: str = "<backup_file>"
    sha256: str = "<backup_sha256>"
    tables: list[str] = Field(default_factory=list)
    columns: list[str] = Field(default_factory=list)
    undoes: str = Field(min_length=1)
    lock_timeout: Duration = parse_duration("5 s")

    @model_validator(mode="after")
    def _brings_something(self) -> Self:
        if not self.tables and not self.columns:
            raise ValueError("must name at least one of tables or columns")
        return self

    def plan(self) -> list[str]:
        rows = f"on {self.database}: rows of {', '.join(self.tables)} that are missing come back from {self.file}"
        return [
            *([rows] if self.tables else []),
            *(f"on {self.database}: the values of {column} come back from {self.file}" for column in self.columns),
            f"in one transaction with its receipt, waiting for locks at most {format_duration(self.lock_timeout)}",
            *host_plan(self.host, _SCRIPT, self._given()),
        ]

    def preflight(self) -> list[PreflightCheck]:
        return [ProgramsCheck(host=self.host, names=("psql", "pg_restore", "awk"))]

    def run(self, ctx: Context) -> Outcome:
        if ctx.tools.database.has_receipt(self.database, ctx.step_key):
            return self._before(ctx)
        if not ctx.tools.database.has_receipt(self.database, f"{ctx.step_key.rsplit('/', 1)[0]}/{self.undoes}"):
            return done("The migration was never applied by this run, so no rows were lost; nothing was done.")
        own = {"KEY": ctx.step_key, "LOCK": str(lock_number(ctx.step_key))}
        ended = run_job(self, ctx, self.host, _SCRIPT, {**self._given(), **own})
        # every table is told, also an empty one
        found = [(name, *map(int, numbers)) for name, *numbers in _BACK.findall(ended.tail)]
        if ended.code or not found:
            return self._failed(ctx, ended)
        back, filled = sum(one[3] for one in found), sum(one[4] for one in found)
        what = [f"{back:,} rows of {len(found)} tables"] * bool(self.tables)
        what += [f"{filled:,} values of columns"] * bool(self.columns)
        summary = f"{' and '.join(what)} are back from the backup, in {format_seconds(ended.seconds)}."
        told = {"lines": tuple(_line(*one) for one in found), "output": ended.tail}
        if lost := _NOT_BACK.search(ended.tail):
            return failed(lost[1] + _MEANS.format(summary), **told)
        return done(summary, **told)

    def recover(self, ctx: Context) -> Outcome | None:
        """The receipt keeps it from happening twice, and without one nothing of it is there."""
        return execute(self, ctx)

    def inputs(self) -> set[str]:
        return {"backup_file", "backup_sha256"} & super().inputs()

    def page_error(self, boxes: Mapping[str, StepBox]) -> str:
        undone = boxes[self.undoes].applied_file()
        if undone and undone.receipt:
            return ""
        return "undoes: must name the sql step that drops the rows, with its receipt: without it nobody knows whether they were lost"

    def row_return(self) -> dict[str, str]:
        return {
            "TABLES": "\n".join(self.tables),
            "COLUMNS": "\n".join("\t".join(column.rsplit(".", 1)) for column in self.columns),
            "PATIENCE": str(int(self.lock_timeout.total_seconds() * 1000)),
            "LIMIT": str(int(self.limit.total_seconds() * 1000)),
        }

    def _given(self) -> dict[str, str]:
        return {
            "DATABASE_URL": self.database_url,
            "FOLDER": self.folder,
            "FILE": self.file,
            "SHA256": self.sha256,
            **self.row_return(),
        }

    def _before(self, ctx: Context) -> Outcome:
        key = ctx.step_key.replace("'", "''")
        if lost := ctx.tools.database.query(self.database, _NOT_BACK_BEFORE.format(key)).rows:
            return failed(lost[0][0] + _MEANS.format("This run brought all others back before."))
        return done("The rows were brought back by this run before.")

    def _failed(self, ctx: Context, ended: CommandResult) -> Outcome:
        said = _ERROR.findall(ended.tail)
        general = f"Nothing was brought back (exit {ended.code})" + (f": {said[0]}." if said else ".")
        words = _WRONG.get(ended.code, general).format(file=ctx.values.get("backup_file", self.file))
        return failed(words, lines=ended.last_lines, output=ended.tail)


def _line(name: str, archived: int, there: int, back: int, filled: int, lost: int) -> str:
    summary = f"{name}: {archived:,} in the backup, {there:,} there, {back:,} brought back"
    kept = archived - back - lost
    summary += f", {kept:,} were there already" if kept and not filled else ""
    summary += f", {lost:,} not back because newer rows have their keys" if lost else ""
    return summary + (f", {filled:,} values" if filled else "")
