"""Compares production after a rollback with its backup, and with right before the first change."""

from __future__ import annotations

import re

from commands.ports.page_text import DatabaseAddress, Text
from commands.ports.shell import CommandResult
from commands.steps.execution import run_job
from commands.steps.outcome import Context, Outcome, done, failed
from commands.steps.shared import rows_after_rollback as rows_seen
from commands.steps.shared.client_programs import ClientProgramsStep
from commands.steps.values import TO_THE_BOT, parse_values
from commands.systems.postgres.catalog import CATALOG, SCHEMA, about_new_roles, in_words, parse_differences, unlisted
from commands.systems.postgres.client_programs import ADDRESS, address_error
from commands.systems.postgres.return_rows import AFTER_ROLLBACK
from commands.systems.postgres.same_database import identities
from commands.systems.scripts import script
from commands.text.exit_codes import exit_words
from commands.text.numbers import format_count
from commands.text.phrases import joined_few

_SCRIPT = "".join(("umask 077\n", ADDRESS, CATALOG, SCHEMA, script("postgres/archive.sh"), AFTER_ROLLBACK))


_AS_BEFORE = "schema, sequences, rights, settings and comments are as right before the first change"
_REORDERED = re.compile(r"^reordered: (.+)$", re.MULTILINE)


def compare_with_backup(box: ClientProgramsStep, ctx: Context, folder: str) -> Outcome:
    """Run the comparison on the backup's host. Raises the tools' errors."""
    env: dict[str, Text] = {"DATABASE": DatabaseAddress(box.database_url), "FOLDER": folder}
    file, by = ctx.values["backup_file"], ctx.values.get("backup_compared", "rows")
    seen = identities(ctx.tools, box.database_url)
    data = {"FILE": file, "BY": by, "SEEN": seen, "SECONDS_FOR_ROWS": str(rows_seen.SECONDS_FOR_ROWS)}
    return _judge(run_job(box, ctx, box.host, box.script(_SCRIPT), env, data, hides=TO_THE_BOT), by)


def _judge(result: CommandResult, by: str) -> Outcome:
    values = parse_values(result.tail)
    if result.code:
        why = address_error(result.code, result.tail) or f"It failed with {exit_words(result.code)}."
        return failed(f"The database was not compared with its backup: {why}", lines=result.last_lines)
    differences = parse_differences(result.tail, "differs")
    new = about_new_roles(differences)
    missing = [one.line() for one in differences if one not in new]
    if more := unlisted(values, len(differences)):
        missing.append(format_count(more, "more difference"))
    not_compared = [f"{one.line()}, since the first change" for one in new]
    compared = []
    if "state_same" not in values:
        unread = values.get("state_unread")
        why = f"reading stopped: {unread}" if unread else "they were not recorded right before the first change"
        not_compared.append(f"schema, sequences, rights and settings ({why})")
    elif not differences:
        compared += [_AS_BEFORE, *_reordered(result.tail)]
    if "backup_gone" in values:
        not_compared.append("rows (the backup is gone)")
    rows = rows_seen.rows_after_rollback(result.tail, values, by)
    # rows first: they are what people must bring back, and only the first of these have room in a message
    missing = [*rows.missing, *missing]
    not_compared += rows.not_compared
    compared += rows.compared
    found = {"missing": tuple(missing), "not_compared": tuple(not_compared), "compared": tuple(compared)}
    if missing:
        return failed(f"Not as before: {in_words(missing)}.", lines=(*missing, *not_compared), **found)
    what = "; ".join(compared) or "nothing could be compared"
    return done(f"Compared: {what}.", lines=tuple(not_compared), **found)


def _reordered(output: str) -> list[str]:
    """What to say of tables in which columns stand in another order; an INSERT that names none depends on it."""
    tables = [name.removeprefix("public.") for name in _REORDERED.findall(output)]
    return [f"columns of {joined_few(tables, 2)} stand in another order than before"] if tables else []
