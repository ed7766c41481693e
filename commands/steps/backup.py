"""`backup`: dumps a database on its host, and believes the dump only after a full read of it."""

from __future__ import annotations

from datetime import UTC
from typing import ClassVar

from pydantic import Field

from commands.durations import took
from commands.host_postgres import ADDRESS, NO_ADDRESS, NO_ADDRESS_CODE
from commands.outcome import Context, Outcome, done, failed
from commands.steps.base import EnvName, StepBox, look_at_job, on_host, run_job, told

_SCRIPT = (
    "umask 077\n"
    + ADDRESS
    + """\
mkdir -p "$FOLDER" && cd "$FOLDER"
size=$(psql -XAtc 'SELECT pg_database_size(current_database())')
free=$(($(df -Pk . | awk 'NR == 2 { print $4 }') * 1024))
printf 'database_bytes=%s\\nfree_bytes=%s\\n' "$size" "$free"
[ "$free" -gt "$size" ] || exit 65
trap 'rm -f "$FILE.part"' EXIT
pg_dump | gzip > "$FILE.part"
gzip -t "$FILE.part"
gzip -dc "$FILE.part" | tail -n 12 | grep -q '^-- PostgreSQL database dump complete' || exit 66
lines=$(gzip -dc "$FILE.part" | wc -l)
printf 'backup_lines=%s\\n' "$lines"
[ "$lines" -ge "$AT_LEAST" ] || exit 67
sum=$(sha256sum "$FILE.part" | cut -d ' ' -f 1)
printf '%s  %s\\n' "$sum" "$FILE" > "$FILE.sha256"
mv "$FILE.part" "$FILE"
printf 'backup_sha256=%s\\nbackup_bytes=%s\\n' "$sum" "$(wc -c < "$FILE")"
ls -lh "$FILE\""""
)
_WRONG = {
    NO_ADDRESS_CODE: NO_ADDRESS,
    65: "The disk has less room than the database is large ({free_bytes} of {database_bytes} bytes); nothing was dumped.",
    66: "The dump has no end marker: it is cut short and was removed.",
    67: "The dump has only {backup_lines} lines, fewer than {at_least}; it was removed.",
}


class Backup(StepBox):
    """The file's name holds the run's number and the time (UTC) and is the same whenever this attempt is looked at.

    Every exit status counts, a file that is not whole is removed, and the checksum lies beside it.
    """

    kind: ClassVar[str] = "backup"

    host: str
    database_url: EnvName
    folder: EnvName
    name: str
    at_least_lines: int = Field(default=1000, ge=1)

    def plan(self) -> list[str]:
        return on_host(self.host, _SCRIPT, self._env(f"{self.name}_run<run>_<time>.sql.gz"))

    def gives(self) -> tuple[str, ...]:
        return ("backup_file", "backup_sha256", "backup_lines")

    def run(self, ctx: Context) -> Outcome:
        file = self._file(ctx)
        ended = run_job(self, ctx, self.host, _SCRIPT, self._env(file))
        found = {"free_bytes": "?", "database_bytes": "?", "backup_lines": "?", **told(ended.tail)}
        lines = tuple(line for line in ended.last_lines if "=" not in line)
        if ended.code:
            general = "The backup failed (exit {code}); nothing of it was kept."
            words = _WRONG.get(ended.code, general).format(**found, at_least=self.at_least_lines, code=ended.code)
            return failed(words, lines=lines, output=ended.tail)
        size = int(found["backup_bytes"])
        packed = f"{size / 1e6:.1f} MB" if size >= 1e6 else f"{size / 1e3:.0f} kB"
        says = (
            f"The backup is whole: {packed} packed, {int(found['backup_lines']):,} lines in {took(ended.seconds)}, "
            f"read to its end marker, sha256 {found['backup_sha256'][:12]}."
        )
        kept = {name: found[name] for name in ("backup_sha256", "backup_lines")}
        return done(says, lines=(file, *lines), output=ended.tail, values={"backup_file": file, **kept})

    def look(self, ctx: Context) -> Outcome | None:
        return look_at_job(self, ctx, self.host)

    def _file(self, ctx: Context) -> str:
        began = ctx.began_at.astimezone(UTC)
        return f"{self.name}_run{ctx.run.id}_{ctx.key.rsplit('/', 1)[-1]}_{began:%Y%m%dT%H%M%SZ}.sql.gz"

    def _env(self, file: str) -> dict[str, str]:
        return {
            "DATABASE_URL": self.database_url,
            "FOLDER": self.folder,
            "FILE": file,
            "AT_LEAST": str(self.at_least_lines),
        }
