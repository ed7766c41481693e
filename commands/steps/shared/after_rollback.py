"""Compares production after a rollback with its backup, and with right before the first change."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from commands.ports.page_text import DatabaseAddress, Text
from commands.ports.shell import CommandResult
from commands.steps.execution import run_job
from commands.steps.outcome import Context, Outcome, done, failed
from commands.steps.shared.client_programs import ClientProgramsStep
from commands.steps.values import parse_values
from commands.systems.postgres.catalog import CATALOG, about_new_roles, in_words, parse_differences, unlisted
from commands.systems.postgres.client_programs import ADDRESS, address_error
from commands.systems.postgres.return_rows import AFTER_ROLLBACK
from commands.systems.postgres.same_database import identities
from commands.systems.scripts import script
from commands.text.durations import format_duration
from commands.text.numbers import format_count

SECONDS_FOR_ROWS = 60  # the rows that cannot be read in this time are named as not compared
_SCRIPT = "".join(("umask 077\n", ADDRESS, CATALOG, script("postgres/archive.sh"), AFTER_ROLLBACK))
_OTHER = re.compile(r"^other: (.*)\|(\d+)\|(\d+)$", re.MULTILINE)
_APART = re.compile(r"^apart: (.*)\|(\d+)\|(\d+)\|(\d+)$", re.MULTILINE)
_UNREAD = re.compile(r"^unread: (.*)$", re.MULTILINE)


def compare_with_backup(box: ClientProgramsStep, ctx: Context, folder: str) -> Outcome:
    """Run the comparison on the backup's host. Raises the tools' errors."""
    env: dict[str, Text] = {"DATABASE": DatabaseAddress(box.database_url), "FOLDER": folder}
    file, by = ctx.values["backup_file"], ctx.values.get("backup_compared", "rows")
    seen = identities(ctx.tools, box.database_url)
    data = {"FILE": file, "BY": by, "SEEN": seen, "SECONDS_FOR_ROWS": str(SECONDS_FOR_ROWS)}
    return _judge(run_job(box, ctx, box.host, box.script(_SCRIPT), env, data), by)


def _judge(result: CommandResult, by: str) -> Outcome:
    values = parse_values(result.tail)
    if result.code:
        why = address_error(result.code, result.tail) or f"It failed with exit code {result.code}."
        return failed(f"The database was not compared with its backup: {why}", lines=result.last_lines)
    differences = parse_differences(result.tail, "differs")
    new = about_new_roles(differences)
    missing = [one.line() for one in differences if one not in new]
    if more := unlisted(values, len(differences)):
        missing.append(format_count(more, "more difference"))
    missing += [line for line, lost in _tables(result.tail) if lost]
    if more := int(values.get("others", 0)) - len(_OTHER.findall(result.tail)):
        missing.append(f"{format_count(more, 'more table')} with other rows than the backup")
    not_compared = [f"{one.line()}, since the first change" for one in new]
    not_compared += [line for line, lost in _tables(result.tail) if not lost]
    not_compared += _not_read(result.tail, values, by)
    compared = []
    if "state_same" in values and not differences:
        compared.append("schema, sequences, rights, settings and comments as right before the first change")
    if (same := int(values.get("rows_same", 0))) > 0:
        compared.append(f"{format_count(same, 'table')} as in the backup")
    found = {"missing": tuple(missing), "not_compared": tuple(not_compared), "compared": tuple(compared)}
    if missing:
        return failed(f"Not as before: {in_words(missing)}.", lines=(*missing, *not_compared), **found)
    what = "; ".join(compared) or "nothing could be compared"
    return done(f"Compared: {what}.", lines=tuple(not_compared), **found)


def _tables(output: str) -> Iterator[tuple[str, bool]]:
    """Each table with other rows than the backup, as a line, and whether rows of the backup are missing."""
    apart = {name: tuple(map(int, counts)) for name, *counts in _APART.findall(output)}
    for name, *counts in _OTHER.findall(output):
        before, now = map(int, counts)
        short = name.removeprefix("public.")
        if name in apart:
            lost, changed, new = apart[name]
            since = f"{format_count(changed, 'row')} changed and {new:,} new since the backup"
            if lost:
                yield (
                    f"{short}: {lost:,} of {format_count(before, 'row')} missing (deleted since, or lost); {since}",
                    True,
                )
            else:
                yield f"{short} ({since})", False
        elif now < before:
            yield f"{short}: {before:,} in the backup, {now:,} now", True
        else:
            yield f"{short} ({before:,} in the backup, {now:,} now)", False


def _not_read(output: str, values: Mapping[str, str], by: str) -> Iterator[str]:
    """What was not looked at, and why."""
    if "state_same" not in values:
        yield "schema, sequences, rights and settings (they were not recorded right before the first change)"
    if "backup_gone" in values:
        yield "rows (the backup is gone)"
    if count := int(values.get("unread", 0)):
        listed = [name.removeprefix("public.") for name in _UNREAD.findall(output)[:3]]
        names = ", ".join(listed) or "tables"
        more = f" and {count - len(listed):,} more" if count > len(listed) else ""
        match values.get("rows_unread"):
            case None:
                why = "the table is gone" if count == 1 else "the tables are gone"
            case "time":
                why = f"they could not be read in {format_duration(SECONDS_FOR_ROWS)}"
            case words:
                why = f"reading stopped: {words}"
        yield f"rows of {names}{more} ({why})"
    if by == "rows":
        yield "content of rows (the backup only counted them)"
