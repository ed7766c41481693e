"""`backup`: dumps a database on its host, and reads the whole dump to verify it."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from typing import ClassVar, Literal

from pydantic import Field, field_validator

from commands.ports.page_text import DatabaseAddress, Text
from commands.ports.preflight import PreflightCheck
from commands.ports.shell import CommandResult
from commands.steps.base import StepBox
from commands.steps.execution import recover_job, run_job
from commands.steps.outcome import Context, Outcome, done, failed
from commands.steps.page_fields import EnvName
from commands.steps.plan_line import program_plan
from commands.steps.shared import whole_restore
from commands.steps.shared.after_rollback import compare_with_backup
from commands.steps.shared.backup_preflight import NO_FOLDER, PREFLIGHT, judge_preflight
from commands.steps.shared.client_programs import ClientProgramsStep
from commands.steps.value_types import ValueType
from commands.steps.values import TO_THE_BOT, parse_values, without_values
from commands.systems.postgres.catalog import CATALOG, SCHEMA, not_held_line
from commands.systems.postgres.client_programs import ADDRESS, ADDRESS_FUNCTIONS, address_error
from commands.systems.postgres.return_rows import ROW_KEYS
from commands.systems.postgres.same_database import SameDatabaseCheck, identities
from commands.systems.preflight.hosts import HostCheck
from commands.systems.scripts import script
from commands.text.durations import format_seconds
from commands.text.exit_codes import exit_words
from commands.text.numbers import format_bytes, format_count
from commands.text.page_rules import for_authors
from commands.text.phrases import agree
from state.errors import Failed, GonogoError

_PREPARE = f"""\
umask 077
{ADDRESS}mkdir -p "$FOLDER" && cd "$FOLDER" && [ -w . ] || exit {NO_FOLDER}
"""
_SCRIPT = "".join(
    (
        _PREPARE,
        f"CONTENT={shlex.quote(script('postgres/content.sql'))}\n",
        CATALOG,
        script("postgres/archive.sh"),
        script("postgres/backup.sh"),
    )
)
_FILE_NAME = re.compile(r"(?!-)[^/\x00-\x1f\x7f]+")
_NOW = script("postgres/backup_now.sh")
# then the address, in functions only: what is written down is no part of the check
_RECHECK = "".join((_NOW, ADDRESS_FUNCTIONS, CATALOG, SCHEMA, ROW_KEYS, script("postgres/note_before.sh")))
_ROWS_FOR_KEYS, _SECONDS_FOR_KEYS = 2_000_000, 20  # the deploy waits while the keys of that many rows are read
_OTHER_LIST, _CHANGED, _GONE = 67, 68, 69  # exit codes of that script
_FAILURES = {
    65: "Not enough disk space for the backup: {free} free, the database has {size}; nothing was dumped. "
    "Free up space.",
    66: "The dump is truncated or damaged: it cannot be read to its end. It was removed.",
    67: "`at_least_lines = {at_least}`, the dump has {backup_lines} lines. It was removed.",
    NO_FOLDER: "The host's user cannot create the backup folder ({folder}) or write to it; nothing was dumped. "
    "Create it, and make this user its owner.",
}
_OLD_PG_DUMP = (
    "pg_dump on the host is older than the database server, so it cannot dump it. "
    "Install the client programs of the server's version there."
)


class BackupStep(ClientProgramsStep):
    """Dumps a PostgreSQL database on its host into a packed archive, and reads the archive to its end.

    The archive has pg_dump's directory format. Its name stays the same when an interrupted attempt is recovered. An
    incomplete archive is removed. The checksums of its files are stored next to it.
    """

    kind: ClassVar[str] = "backup"
    proves: ClassVar[str] = (
        "every program ended with exit code 0, the archive can be read to its end, and the dump has enough lines"
    )
    done_on_each: ClassVar[bool] = False
    evidence_name: ClassVar[str] = "backup"
    has_job: ClassVar[bool] = True
    makes_backup: ClassVar[bool] = True

    folder: EnvName = Field(
        description="The variable with the folder for backups on the host. It is created if it is missing.",
        examples=["$PROD_BACKUPS"],
    )
    name: str = Field(
        description="The beginning of the backup's name. The run's number, the attempt and the time (UTC) are added.",
        examples=["shop_before_deploy"],
    )
    at_least_lines: int = Field(
        default=1000,
        ge=1,
        description="How many lines the dump must have as SQL text. A shorter one is removed, and the step fails.",
        examples=[5000],
        json_schema_extra={"unit": "lines"},
    )
    compare: Literal["content", "rows"] = Field(
        default="content",
        description="What a `proof` compares later: the content of the rows, or only their number, which is faster.",
    )
    jobs: int = Field(
        default=2,
        ge=1,
        le=64,
        description="How many processes dump and compress side by side.",
        examples=[4],
        json_schema_extra={"unit": "processes"},
    )

    @field_validator("name")
    @classmethod
    def _is_of_one_file(cls, name: str) -> str:
        if for_authors() and not _FILE_NAME.fullmatch(name):
            rule = "is not empty, has no / or line break, and does not start with -"
            raise ValueError(f"{name!r} begins a file's name, so it {rule}")
        return name

    def plan(self) -> list[str]:
        says = f"pg_dump of {self.database_url} into {self.folder}; counts and checksums every table as it was dumped"
        return program_plan(self.host, says, self.script(_SCRIPT), self._env(f"{self.name}_run<run>_", "<time>"))

    def value_types(self) -> Mapping[str, ValueType]:
        return {
            "backup_file": ValueType.WORD,
            "backup_sha256": ValueType.SHA256,
            "backup_lines": ValueType.INTEGER,
            "backup_compared": ValueType.WORD,
        }

    def preflight(self) -> list[PreflightCheck]:
        names = ("psql", "pg_dump", "pg_restore", "sha256sum", "awk")
        env = (("DATABASE", DatabaseAddress(self.database_url)), ("FOLDER", self.folder))
        return [
            *self.program_checks(names),
            SameDatabaseCheck(host=self.host, database_url=self.database_url, words=self._words),
            HostCheck(
                host=self.host,
                script=self.script(PREFLIGHT),
                judge=judge_preflight,
                env=env,
                data=(("AT_LEAST", str(self.at_least_lines)), ("JOBS", str(self.jobs))),
            ),
        ]

    def run(self, ctx: Context) -> Outcome:
        env = self._env(*self._name(ctx))
        seen = {"SEEN": identities(ctx.tools, self.database_url)}
        result = run_job(self, ctx, self.host, self.script(_SCRIPT), env, seen, hides=TO_THE_BOT)
        values = parse_values(result.tail)
        lines = tuple(line for line in without_values(result.last_lines) if not line.startswith("not held: "))
        if result.code:
            return failed(self._failure(result, values), lines=lines, output=result.tail)
        size, rows, tables = (int(values[f"backup_{name}"]) for name in ("bytes", "rows", "tables"))
        summary = (
            f"Backup complete in {format_seconds(result.seconds)}: {format_count(rows, 'row')} in "
            f"{format_count(tables, 'table')}, {format_bytes(size)} compressed, read to its end, "
            f"sha256 {values['backup_sha256'][:12]}."
        )
        if line := not_held_line(result.tail, values):
            lines = (f"not in the backup, because extensions own these tables: {line}", *lines)
        outputs = {name: values[name] for name in self.outputs() if name in values}
        file = str(env["FILE"])
        values = {"backup_file": file, **outputs}
        evidence = {"backup": values["backup_sha256"]}
        return done(summary, lines=(file, *lines), output=result.tail, values=values, evidence=evidence)

    def recheck(self, ctx: Context, evidence: Mapping[str, str]) -> str:
        env: dict[str, Text] = {"FOLDER": self.folder, "FILE": "<backup_file>", "SHA256": "<backup_sha256>"}
        env["DATABASE"] = DatabaseAddress(self.database_url)
        most = {"ROWS_FOR_KEYS": str(_ROWS_FOR_KEYS), "SECONDS_FOR_KEYS": str(_SECONDS_FOR_KEYS)}
        data = {"SEEN": self._seen_or_unknown(ctx), **most}
        result = run_job(self, ctx, self.host, self.script(_RECHECK), env, data, hides=TO_THE_BOT)
        if ctx.values["backup_sha256"] != evidence.get("backup", ctx.values["backup_sha256"]):
            return "the bot's record names another backup"
        changes = {
            0: "",
            _OTHER_LIST: "its list of checksums is gone or has changed",
            _CHANGED: _damage(result.tail),
            _GONE: f"{ctx.values['backup_file']} is gone",
        }
        if result.code not in changes:
            raise Failed(f"The backup's files could not be read (exit code {result.code}).", result.tail)
        return changes[result.code]

    def _seen_or_unknown(self, ctx: Context) -> str:
        """What the bot sees; a word that fits no database if it cannot see it: then nothing is written down."""
        try:
            return identities(ctx.tools, self.database_url)
        except GonogoError:
            return "unknown"

    def recheck_plan(self) -> list[str]:
        what = f"what {self.database_url} has besides its rows, and checksums of their keys"
        noted = f"on {self.host}: records {what}, to compare after a rollback"
        says = "reads every file of <backup_file> again, and compares it with its checksum"
        return [*program_plan(self.host, says, _NOW, {"FOLDER": self.folder, "FILE": "<backup_file>"}), noted]

    def compare_after_rollback(self, ctx: Context) -> Outcome:
        return compare_with_backup(self, ctx, self.folder)

    def restore_whole(self, step: StepBox, ctx: Context) -> Outcome:
        return whole_restore.restore_whole(self, self.folder, self.jobs, step, ctx)

    def restore_checks(self) -> list[PreflightCheck]:
        return whole_restore.restore_checks(self)

    def restore_plan(self) -> list[str]:
        return whole_restore.restore_plan(self, self.folder)

    def drop_replaced(self, ctx: Context) -> None:
        whole_restore.drop_replaced(self, ctx)

    def recover(self, ctx: Context) -> Outcome | None:
        return recover_job(self, ctx, self.host)

    def _failure(self, result: CommandResult, values: dict[str, str]) -> str:
        general = f"The backup failed with {exit_words(result.code)}; nothing was kept."
        if "server version mismatch" in result.tail:
            general = _OLD_PG_DUMP
        free, size = (_bytes(values.get(name, "")) for name in ("free_bytes", "database_bytes"))
        return address_error(result.code, result.tail) or _FAILURES.get(result.code, general).format(
            free=free,
            size=size,
            backup_lines=values.get("backup_lines", "?"),
            at_least=self.at_least_lines,
            folder=self.folder,
        )

    def _name(self, ctx: Context) -> tuple[str, str]:
        """The archive's name: the prefix that all attempts of this run share, and the rest."""
        return f"{self.name}_run{ctx.run.id}_", f"{ctx.key.rsplit('/', 1)[-1]}_{ctx.stamp}"

    def _env(self, prefix: str, rest: str) -> dict[str, Text]:
        return {
            "DATABASE": DatabaseAddress(self.database_url),
            "FOLDER": self.folder,
            "ATTEMPTS": prefix,
            "FILE": f"{prefix}{rest}.dump",
            "AT_LEAST": str(self.at_least_lines),
            "COMPARE": self.compare,
            "JOBS": str(self.jobs),
        }


def _damage(output: str) -> str:
    """Which files of a backup are not as they were, at most three by name."""
    if names := re.findall(r"^(.+): FAILED", output, re.MULTILINE):
        more = f" and {len(names) - 3} more" if len(names) > 3 else ""
        what = "another checksum" if "open or read" not in output else "another checksum or cannot be read"
        verb = agree(len(names), "has", "have")
        return f"{', '.join(names[:3])}{more} {verb} {what}"
    return "files have another checksum"  # their names were too many for the output that is kept


def _bytes(text: str) -> str:
    return format_bytes(int(text)) if text.isdigit() else "?"
