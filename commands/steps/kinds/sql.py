"""`sql`: applies a SQL file once, in one transaction with its receipt, and verifies the result."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from commands.ports.analysis import Finding
from commands.ports.database import Migration
from commands.ports.page_text import PageText
from commands.ports.preflight import PreflightCheck, PreflightContext, PreflightResult, blocked, passed, warned
from commands.steps.base import AppliedFile, StepBox, Verify, execute
from commands.steps.outcome import Context, Outcome, done, failed, unknown
from commands.steps.shared.new_objects import NewObjects, new_objects, note_objects
from commands.steps.shared.verify_queries import as_compared, ask_queries, first_failed
from commands.steps.shared_fields import DatabaseName, LockTimeout
from commands.systems.postgres.invalid_indexes import invalid_indexes
from commands.systems.postgres.one_transaction import COMMITS, called_procedures, doubtful_statements, unsafe_statements
from commands.systems.postgres.same_database import DirectDatabaseCheck
from commands.systems.postgres.sql_file import changed_relations
from commands.systems.postgres.writable import WritableDatabaseCheck
from commands.systems.preflight.databases import DatabaseCheck
from commands.text.durations import format_duration, format_seconds, parse_duration
from commands.text.numbers import format_count
from state.frozen import dataclass

_NAMED = 3  # skipped objects that the result names; its lines have all
_RIGHTS = """
SELECT current_user::text, to_regnamespace('gonogo') IS NOT NULL,
       has_database_privilege(current_database(), 'CREATE'),
       COALESCE(has_schema_privilege(to_regnamespace('gonogo'), 'CREATE, USAGE'), false)"""
_OWNED = """
SELECT string_agg(DISTINCT relname || ' (of ' || pg_get_userbyid(relowner) || ')', ', '), current_user::text
FROM (VALUES {}) AS changed (relation, needs) JOIN pg_class ON pg_class.oid = relation
JOIN pg_namespace ON pg_namespace.oid = relnamespace
WHERE NOT pg_has_role(relowner, 'USAGE')
AND NOT (needs = 'DROP' AND pg_has_role(nspowner, 'USAGE'))
AND NOT (needs = 'TRUNCATE' AND has_table_privilege(relation, 'TRUNCATE'))"""
# by the last part of the name, because the path that a call searches is not known
_COMMITTING = r"""
SELECT called FROM (VALUES {}) AS call (called) WHERE EXISTS (
  SELECT FROM pg_proc WHERE prokind = 'p' AND prosrc ~* '\m(commit|rollback)\M'
  AND lower(proname) = lower(trim('"' FROM regexp_replace(called, '^.*\.', ''))))"""


class SqlStep(StepBox):
    """Applies a SQL file once, in one transaction with its receipt, and runs its verify queries before and after.

    One plain `BEGIN … COMMIT` around the whole file is left out; other transaction commands are refused. The same step
    of the same run never applies its file twice, even if several processes try.
    """

    kind: ClassVar[str] = "sql"
    proves: ClassVar[str] = "the verify queries answer what they should"
    done_on_each: ClassVar[bool] = False
    takes_any_text: ClassVar[bool] = True
    changes_production: ClassVar[bool] = True

    database: DatabaseName
    file: str = Field(
        description="The SQL file, one of the `files` of the `release` step.", examples=["migrations/016_up.sql"]
    )
    verify: list[Verify] = Field(
        min_length=1,
        description="Queries that must hold after the file was applied.",
        examples=[
            [
                {
                    "says": "new tables",
                    "expect": 1,
                    "sql": "SELECT count(*) FROM pg_class WHERE relname = 'flows'",
                }
            ]
        ],
    )
    already: list[Verify] = Field(
        default_factory=list,
        description=(
            "Queries that show whether the file is applied already; then it is not run. Without it, those of `verify`."
        ),
        examples=[
            [{"says": "old tables", "expect": 0, "sql": "SELECT count(*) FROM pg_class WHERE relname = 'old_flows'"}]
        ],
    )
    lock_timeout: LockTimeout = parse_duration("5 s")
    receipt: bool = Field(
        default=True,
        description=(
            "Whether a receipt is written in the same transaction (schema `gonogo`), so that this run "
            "applies the file only once."
        ),
    )

    def plan(self) -> list[str]:
        receipt = "one transaction with its receipt" if self.receipt else "one transaction"
        timeout = format_duration(self.lock_timeout)
        return [
            *(
                f"on {self.database}, before: {query.sql} (nothing is run if {query.expect})"
                for query in self._already()
            ),
            f"on {self.database}: {self.file}, in {receipt}, waiting at most {timeout} for locks",
            *(f"on {self.database}, after: {query.sql} (expects {query.expect})" for query in self.verify),
        ]

    def preflight(self) -> list[PreflightCheck]:
        rights = [DatabaseCheck(database=self.database, sql=_RIGHTS, judge=_judge_rights)] if self.receipt else []
        return [
            DirectDatabaseCheck(database=self.database),
            WritableDatabaseCheck(database=self.database),
            *rights,
            FileCanBeApplied(database=self.database, file=self.file),
        ]

    def holds_now(self, ctx: Context) -> bool:
        passed_count, lines = self._check(ctx, self.verify)
        return passed_count == len(lines)

    def applied_file(self) -> AppliedFile:
        return AppliedFile(path=self.file, verify=tuple(self.verify), receipt=self.receipt)

    def queries(self) -> tuple[str, ...]:
        return tuple(query.sql for query in (*self.already, *self.verify))

    def run(self, ctx: Context) -> Outcome:
        text = ctx.file(self.file)
        if text is None:
            return failed(f"This run has not stored {self.file}. Add it to `files` of the release step.")
        if unsafe := unsafe_statements(text, ctx.tools.analysis):
            lines = tuple(f"{self.file}:{one.line} {one.why}: {one.statement[:80]}" for one in unsafe)
            return failed(f"{self.file} line {unsafe[0].line}: {unsafe[0].why}; nothing was run.", lines=lines)
        passed_count, lines = self._check(ctx, self._already())
        if passed_count == len(lines):
            return self._done(ctx, "Already applied; nothing was run.", lines)
        migration = Migration(
            key=ctx.step_key,
            name=self.file,
            text=text,
            lock_timeout=self.lock_timeout.total_seconds(),
            limit=self.limit.total_seconds(),
            receipt=self.receipt,
        )
        note_objects(ctx, [self.database])
        applied = ctx.tools.database.apply(self.database, migration, stop=ctx.stop, on_output=ctx.on_output)
        passed_count, lines = self._check(ctx, self.verify)
        if passed_count < len(lines):
            return failed(f"{self.file} was applied, but {first_failed(lines)}.", lines=lines)
        how = f"was applied in {format_seconds(applied.seconds)}"
        if applied.already:
            how = "had already been applied by this run"
        summary = f"{self.file.rsplit('/', 1)[-1]} {how}; every verify query passed."
        return self._done(ctx, summary, lines, applied.skipped, applied_now=True)

    def recover(self, ctx: Context) -> Outcome | None:
        """With a receipt, apply the file: the receipt makes sure that this happens only once.

        Without one, the verify queries decide, after any other process that may still apply the file has ended.
        """
        if self.receipt:
            return execute(self, ctx)
        # waits until no other process holds this step's lock
        ctx.tools.database.has_receipt(self.database, ctx.step_key)
        passed_count, lines = self._check(ctx, self.verify)
        if passed_count == len(lines):
            summary = "The bot was interrupted here. The file was applied; every verify query passed."
            return self._done(ctx, summary, lines, applied_now=True)
        if passed_count == 0:
            return execute(self, ctx)
        return unknown(
            "The verify queries do not show whether this run applied the file. Check the schema before you decide.",
            lines=lines,
        )

    def _done(
        self,
        ctx: Context,
        summary: str,
        lines: tuple[str, ...],
        skipped: tuple[str, ...] = (),
        *,
        applied_now: bool = False,
    ) -> Outcome:
        """The step is done, unless PostgreSQL has skipped an index that is there and of no use."""
        compared = as_compared(lines)
        if broken := invalid_indexes(ctx.tools.database, self.database, ctx.file(self.file) or ""):
            return failed(
                f"{summary.rstrip('.')}; but the index {broken} is invalid, so no query uses it: an earlier CREATE "
                "INDEX CONCURRENTLY failed, and IF NOT EXISTS skips what is there. Rebuild it with REINDEX INDEX.",
                lines=lines,
            )
        names = [one.removesuffix(" already exists") for one in skipped]
        if names:
            more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
            objects = f"{format_count(len(names), 'object')} that may differ from the file"
            summary += f" IF NOT EXISTS skipped {objects}: {', '.join(names[:_NAMED])}{more}."
            lines = (*lines, *(f"skipped: {one}" for one in skipped))
        unseen = tuple(f"whether {name} is as {self.file} says: IF NOT EXISTS skipped it" for name in names)
        new = new_objects(ctx, [self.database]) if applied_now else NewObjects()
        return done(
            f"{summary}{new.sentence}",
            lines=(*lines, *new.lines),
            compared=compared,
            not_compared=(*unseen, *new.not_compared),
        )

    def _already(self) -> list[Verify]:
        return self.already or self.verify

    def _check(self, ctx: Context, queries: list[Verify]) -> tuple[int, tuple[str, ...]]:
        return ask_queries(ctx, self.database, queries)


def _judge_rights(row: tuple[object, ...]) -> list[PreflightResult]:
    user, schema_exists, may_create, may_use = row
    if not (may_use if schema_exists else may_create):
        action = "use the schema gonogo" if schema_exists else "create the schema gonogo"
        grant = "ALL ON SCHEMA gonogo" if schema_exists else "CREATE ON DATABASE ..."
        todo = f"GRANT {grant} TO that user, or set receipt = false"
        return blocked(f"user {user} may not {action}, where receipts are stored", todo)
    return passed(f"user {user} may store receipts")


@dataclass(frozen=True, kw_only=True)
class FileCanBeApplied:
    """Preflight: whether the file can run in one transaction, and the user owns the existing tables that it changes."""

    database: str
    file: str = Field(
        description="The SQL file, one of the `files` of the `release` step.", examples=["migrations/016_up.sql"]
    )
    late: bool = True

    @property
    def place(self) -> tuple[str, str]:
        """The database."""
        return ("databases", self.database)

    def run_preflight(self, ctx: PreflightContext) -> list[PreflightResult]:
        """Check the text of the file that an earlier check has read."""
        name = self.file.rsplit("/", 1)[-1]
        text = ctx.files.get(self.file)
        if text is None:
            return warned(
                f"{name} was not checked, because the release step's host did not give it",
                "fix what the lines above say about that host or its commit",
            )
        if unsafe := unsafe_statements(text, ctx.tools.analysis):
            return blocked(f"{name} line {unsafe[0].line}: {unsafe[0].why}", "fix the file before you start")
        relations = changed_relations(text)
        names = {f"table_{number}": table for number, (table, _) in enumerate(relations)}
        needed = (f"(to_regclass(<{name}>), '{needs}')" for name, (_, needs) in zip(names, relations, strict=True))
        query = PageText(_OWNED.format(", ".join(needed)), names)
        rows = ctx.tools.database.query(self.database, query, limit=10).rows if relations else ()
        if rows and rows[0][0]:
            return blocked(f"{name} changes what user {rows[0][1]} does not own: {rows[0][0]}", "run it as the owner")
        if broken := invalid_indexes(ctx.tools.database, self.database, text):
            return warned(
                f"the index {broken} is invalid (a CREATE INDEX CONCURRENTLY failed), and {name} skips it if it exists",
                "rebuild it with REINDEX INDEX, or drop it",
            )
        if doubtful := [*doubtful_statements(text), *self._committing(ctx, text)]:
            return warned(f"{name} line {doubtful[0].line}: it {doubtful[0].why}", "change the file before you start")
        return passed(f"{name} can run in one transaction")

    def _committing(self, ctx: PreflightContext, text: str) -> list[Finding]:
        """The calls of procedures that the database has, and that commit."""
        calls = called_procedures(text)
        if not calls:
            return []
        names = {f"procedure_{number}": name for number, name in enumerate(calls)}
        query = PageText(_COMMITTING.format(", ".join(f"(<{name}>)" for name in names)), names)
        rows = ctx.tools.database.query(self.database, query, limit=10).rows
        return [calls[str(row[0])].finding("calls a procedure that " + COMMITS) for row in rows]
