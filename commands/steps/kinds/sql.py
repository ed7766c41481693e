"""`sql`: applies a kept file once, in one transaction with its receipt; its verify queries run before and after."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from pydantic import Field

from commands.ports.database import Migration
from commands.ports.preflight import PreflightCheck, PreflightContext, PreflightResult, blocked, passed, warned
from commands.steps.base import AppliedFile, StepBox, Verify, execute
from commands.steps.outcome import Context, Outcome, done, failed, unknown
from commands.systems.postgres.sql_file import changed_tables, unsafe_statements
from commands.systems.preflight.databases import DatabaseCheck
from commands.text.durations import Duration, format_duration, format_seconds, parse_duration

_RIGHTS = """
SELECT current_user::text, to_regnamespace('gonogo') IS NOT NULL,
       has_database_privilege(current_database(), 'CREATE'),
       COALESCE(has_schema_privilege(to_regnamespace('gonogo'), 'CREATE, USAGE'), false)"""
_OWNED = """
SELECT string_agg(relname || ' (of ' || pg_get_userbyid(relowner) || ')', ', ' ORDER BY relname), current_user::text
FROM pg_class WHERE oid IN ({}) AND NOT pg_has_role(relowner, 'USAGE')"""


class SqlStep(StepBox):
    """`file` is a path that the `release` step kept.

    When every query of `already` (without it: of `verify`) holds before, nothing is run. The same step of the same run
    never applies its file twice, whoever tries.
    """

    kind: ClassVar[str] = "sql"
    changes: ClassVar[bool] = True

    database: str
    file: str
    verify: list[Verify] = Field(min_length=1)
    already: list[Verify] = Field(default_factory=list)
    lock_timeout: Duration = parse_duration("5 s")
    receipt: bool = True

    def plan(self) -> list[str]:
        receipt = "one transaction with its receipt" if self.receipt else "one transaction"
        return [
            *(f"on {self.database}, before: {one.sql} (nothing is run if {one.expect})" for one in self._already()),
            f"on {self.database}: {self.file}, in {receipt}, waiting for locks at most {format_duration(self.lock_timeout)}",
            *(f"on {self.database}, after: {one.sql} (expects {one.expect})" for one in self.verify),
        ]

    def preflight(self) -> list[PreflightCheck]:
        found: list[PreflightCheck] = [MigrationFits(database=self.database, file=self.file)]
        if self.receipt:
            found.insert(0, DatabaseCheck(database=self.database, sql=_RIGHTS, judge=_judge_rights))
        return found

    def applied_file(self) -> AppliedFile:
        return AppliedFile(path=self.file, verify=tuple(self.verify), receipt=self.receipt)

    def run(self, ctx: Context) -> Outcome:
        text = ctx.file(self.file)
        if text is None:
            return failed(f"{self.file} was not kept by this run; the release step must name it.")
        if unsafe := unsafe_statements(text):
            lines = tuple(f"{self.file}:{one.line} {one.why}: {one.statement[:80]}" for one in unsafe)
            return failed(f"{self.file} line {unsafe[0].line}: {unsafe[0].why}; nothing was run.", lines=lines)
        good, lines = self._check(ctx, self._already())
        if good == len(lines):
            return done("It is so already; nothing was run.", lines=lines)
        migration = Migration(
            key=ctx.step_key,
            name=self.file,
            text=text,
            lock_timeout=self.lock_timeout.total_seconds(),
            limit=self.limit.total_seconds(),
            receipt=self.receipt,
        )
        applied = ctx.tools.database.apply(self.database, migration, stop=ctx.stop, on_output=ctx.on_output)
        good, lines = self._check(ctx, self.verify)
        if good < len(lines):
            return failed(f"{self.file} is applied, but {_first_bad(lines)}.", lines=lines)
        how = (
            "was applied by this run before" if applied.already else f"is applied in {format_seconds(applied.seconds)}"
        )
        return done(f"{self.file.rsplit('/', 1)[-1]} {how}, and every verify query agrees.", lines=lines)

    def recover(self, ctx: Context) -> Outcome | None:
        """With a receipt the file is simply applied, because the receipt keeps it from happening twice.

        Without one the verify queries decide, after whoever may still apply the file has ended.
        """
        if self.receipt:
            return execute(self, ctx)
        ctx.tools.database.has_receipt(self.database, ctx.step_key)
        good, lines = self._check(ctx, self.verify)
        if good == len(lines):
            return done("The bot was cut off after the file was applied; every verify query agrees.", lines=lines)
        if good == 0:
            return execute(self, ctx)
        return unknown(
            "The verify queries do not tell whether this run applied the file; look at the schema.", lines=lines
        )

    def _already(self) -> list[Verify]:
        return self.already or self.verify

    def _check(self, ctx: Context, queries: list[Verify]) -> tuple[int, tuple[str, ...]]:
        """How many queries answer what they should, and one line for each."""
        found = [_first(ctx.tools.database.query(self.database, one.sql).rows) for one in queries]
        good = [_same(value, one.expect) for value, one in zip(found, queries, strict=True)]
        lines = tuple(
            f"{one.says}: {value}" + (" ✓" if fits else f" instead of {one.expect}")
            for value, one, fits in zip(found, queries, good, strict=True)
        )
        return sum(good), lines


def _first(rows: tuple[tuple[Any, ...], ...]) -> Any:
    return rows[0][0] if rows else None


def _same(value: Any, expected: int | str) -> bool:
    return bool(value == expected) or str(value) == str(expected)


def _first_bad(lines: tuple[str, ...]) -> str:
    return next(line for line in lines if not line.endswith("✓"))


def _judge_rights(row: tuple[object, ...]) -> list[PreflightResult]:
    user, there, may_create, may_use = row
    if not (may_use if there else may_create):
        where = "use the schema gonogo" if there else "create the schema gonogo"
        todo = f"GRANT {'ALL ON SCHEMA gonogo' if there else 'CREATE ON DATABASE ...'} TO it, or set receipt = false"
        return blocked(f"user {user} may not {where}, where receipts are kept", todo)
    return passed(f"user {user} may keep receipts")


@dataclass(frozen=True, kw_only=True)
class MigrationFits:
    """Whether a file can run as one transaction, and its user owns the tables that it changes and that are there now."""

    database: str
    file: str
    late: bool = True

    @property
    def place(self) -> tuple[str, str]:
        """The database."""
        return ("databases", self.database)

    def examine(self, ctx: PreflightContext) -> list[PreflightResult]:
        """Read the file as the release found it."""
        name = self.file.rsplit("/", 1)[-1]
        text = ctx.files.get(self.file)
        if text is None:
            return warned(f"{name} was not looked at", "the release step must name it, and its host must answer")
        if unsafe := unsafe_statements(text):
            return blocked(f"{name} line {unsafe[0].line}: {unsafe[0].why}", "mend the file before the window opens")
        tables = changed_tables(text)
        listed = ", ".join("to_regclass(" + _quoted(table) + ")" for table in tables)
        rows = ctx.tools.database.query(self.database, _OWNED.format(listed), limit=10).rows if tables else ()
        if rows and rows[0][0]:
            return blocked(
                f"{name} changes tables that user {rows[0][1]} does not own: {rows[0][0]}", "run it as their owner"
            )
        return passed(f"{name} can run as one transaction")


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
