"""`backup`: dumps a database on its host, and believes the dump only after a full read of it."""

from __future__ import annotations

import re
import shlex
from typing import ClassVar, Literal

from pydantic import Field

from commands.ports.preflight import PreflightCheck, PreflightResult, blocked, passed
from commands.ports.shell import CommandResult
from commands.steps.base import EnvName, StepBox
from commands.steps.execution import host_plan, recover_job, run_job
from commands.steps.outcome import Context, Outcome, done, failed
from commands.steps.values import parse_values, without_values
from commands.systems.postgres.client_programs import ADDRESS, NO_ADDRESS, NO_ADDRESS_CODE
from commands.systems.preflight.hosts import HostCheck, ProgramsCheck
from commands.systems.scripts import script
from commands.text.durations import format_seconds

_AT_FOLDER = (
    "umask 077\n"
    + ADDRESS
    + """\
mkdir -p "$FOLDER" && cd "$FOLDER"
"""
)
_SCRIPT = "".join(
    (
        _AT_FOLDER,
        f"CONTENT={shlex.quote(script('postgres/content.sql'))}\n",
        script("postgres/archive.sh"),
        script("postgres/backup.sh"),
    )
)
_CHECK = (
    _AT_FOLDER
    + """\
export PGCONNECT_TIMEOUT=8
printf 'server=%s\\n' "$(psql -XAtc 'SHOW server_version_num')"
printf 'database_bytes=%s\\n' "$(psql -XAtc 'SELECT pg_database_size(current_database())')"
printf 'free_bytes=%s\\n' "$(($(df -Pk . | awk 'NR == 2 { print $4 }') * 1024))"
printf 'dump=%s\\n' "$(pg_dump --version)"
[ -w . ]"""
)
_WRONG = {
    NO_ADDRESS_CODE: NO_ADDRESS,
    65: "The disk has less room than the database is large ({free_bytes} of {database_bytes} bytes); nothing was dumped.",
    66: "The dump cannot be read to its end: it is cut short or damaged, and was removed.",
    67: "The dump has only {backup_lines} lines, fewer than {at_least}; it was removed.",
}

_OLDER = (
    "The host's pg_dump is older than the server, which it cannot dump; install the server's own client programs there."
)


class BackupStep(StepBox):
    """The archive's name holds the run's number and the time (UTC) and is the same whenever this attempt is looked at.

    It is a folder in pg_dump's directory format, made and packed by `jobs` processes. Every exit status counts, what is
    not whole is removed, and the checksums of its files lie beside it. `compare` is what a proof will hold it to: the
    "content" of every row, or only the number of "rows", which is faster. `at_least_lines` are those of the dump as text.
    """

    kind: ClassVar[str] = "backup"

    host: str
    database_url: EnvName
    folder: EnvName
    name: str
    at_least_lines: int = Field(default=1000, ge=1)
    compare: Literal["content", "rows"] = "content"
    jobs: int = Field(default=2, ge=1, le=64)

    def plan(self) -> list[str]:
        return host_plan(self.host, _SCRIPT, self._env(f"{self.name}_run<run>_", "<time>"))

    def outputs(self) -> tuple[str, ...]:
        return ("backup_file", "backup_sha256", "backup_lines", "backup_compared")

    def preflight(self) -> list[PreflightCheck]:
        names = ("psql", "pg_dump", "pg_restore", "sha256sum", "awk")
        env = (("DATABASE_URL", self.database_url), ("FOLDER", self.folder))
        return [
            ProgramsCheck(host=self.host, names=names),
            HostCheck(host=self.host, script=_CHECK, judge=_judge_ready, env=env),
        ]

    def run(self, ctx: Context) -> Outcome:
        env = self._env(*self._name(ctx))
        ended = run_job(self, ctx, self.host, _SCRIPT, env)
        found = {"free_bytes": "?", "database_bytes": "?", "backup_lines": "?", **parse_values(ended.tail)}
        lines = without_values(ended.last_lines)
        if ended.code:
            general = "The backup failed (exit {code}); nothing of it was kept."
            general = _OLDER if "server version mismatch" in ended.tail else general
            words = _WRONG.get(ended.code, general).format(**found, at_least=self.at_least_lines, code=ended.code)
            return failed(words, lines=lines, output=ended.tail)
        size = int(found["backup_bytes"])
        packed = f"{size / 1e6:.1f} MB" if size >= 1e6 else f"{size / 1e3:.0f} kB"
        summary = (
            f"The backup is whole: {packed} packed, {int(found['backup_rows']):,} rows of {found['backup_tables']} tables "
            f"in {format_seconds(ended.seconds)}, read to its end, sha256 {found['backup_sha256'][:12]}."
        )
        kept = {name: found[name] for name in self.outputs() if name in found}
        return done(
            summary, lines=(env["FILE"], *lines), output=ended.tail, values={"backup_file": env["FILE"], **kept}
        )

    def recover(self, ctx: Context) -> Outcome | None:
        return recover_job(self, ctx, self.host)

    def _name(self, ctx: Context) -> tuple[str, str]:
        """What all attempts of this run begin with, and the rest of this one's."""
        return f"{self.name}_run{ctx.run.id}_", f"{ctx.key.rsplit('/', 1)[-1]}_{ctx.stamp}"

    def _env(self, attempts: str, this: str) -> dict[str, str]:
        return {
            "DATABASE_URL": self.database_url,
            "FOLDER": self.folder,
            "ATTEMPTS": attempts,
            "FILE": f"{attempts}{this}.dump",
            "AT_LEAST": str(self.at_least_lines),
            "COMPARE": self.compare,
            "JOBS": str(self.jobs),
        }


def _judge_ready(ended: CommandResult) -> list[PreflightResult]:
    if ended.code == 64:
        return blocked(_WRONG[64].rstrip("."), "mend it in the environment")
    words = parse_values(ended.tail)
    if not words.get("database_bytes", "").isdigit() or not words.get("server", "").isdigit():
        said = without_values(ended.tail.splitlines())[-1:] or (f"exit {ended.code}",)
        return blocked(
            f"the database cannot be dumped from here ({said[0][:160]})", "try psql there with the same address"
        )
    if ended.code:
        return blocked("the folder of the backups cannot be written", "give it to the user that deploys")
    dump, server = re.findall(r"\d+", words.get("dump", "")), int(words["server"]) // 10_000
    if not dump or int(dump[0]) < server:
        has = f"pg_dump {dump[0]}" if dump else "no pg_dump"
        return blocked(
            f"it has {has}, older than the server ({server})", f"install PostgreSQL {server}'s client programs there"
        )
    size, free = int(words["database_bytes"]), int(words["free_bytes"])
    room = f"{free / 1e9:.1f} GB free for a backup of a database of {size / 1e9:.2f} GB"
    if free <= size:
        return blocked(f"only {room}", "make room, or name another folder")
    return passed(f"pg_dump {dump[0]} for server {server}; {room}")
