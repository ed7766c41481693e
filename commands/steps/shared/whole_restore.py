"""Puts the database of a backup into the place of production's, and keeps the replaced one."""

from __future__ import annotations

import hashlib
import re
import shlex

from commands.ports.page_text import DatabaseAddress, Text
from commands.ports.preflight import PreflightCheck, PreflightResult, blocked, passed, warned
from commands.ports.shell import CommandResult
from commands.steps.base import StepBox
from commands.steps.execution import run_job
from commands.steps.outcome import Context, Outcome, done, failed
from commands.steps.plan_line import program_plan
from commands.steps.shared.client_programs import ClientProgramsStep
from commands.steps.values import TO_THE_BOT, page_texts, parse_values, without_values
from commands.systems.postgres.client_programs import ADDRESS, address_error
from commands.systems.postgres.same_database import identities
from commands.systems.preflight.hosts import HostCheck
from commands.systems.scripts import script
from commands.text.durations import format_seconds
from commands.text.exit_codes import exit_words
from commands.text.phrases import joined_few
from state.errors import Failed

_SERVER = script("postgres/whole_database.sh")
_HINDERED = f"HINDERED={shlex.quote(script('postgres/restore_hindered.sql'))}\n"
_SCRIPT = "".join(
    (
        "umask 077\n",
        ADDRESS,
        script("postgres/archive.sh"),
        f"CREATE={shlex.quote(script('postgres/restore_create.sql'))}\n",
        f"PROPERTIES={shlex.quote(script('postgres/restore_properties.sql'))}\n",
        _HINDERED,
        _SERVER,
        script("postgres/order_matters.sh"),
        script("postgres/restore_whole.sh"),
    )
)
_DROP = f"""{ADDRESS}{_SERVER}find_server
! exists "$KEEP_AS" || ! exists "$PGDATABASE" || server -v kept="$KEEP_AS" <<< 'DROP DATABASE :"kept" WITH (FORCE)'
"""
_RIGHTS = f"""{ADDRESS}{_HINDERED}{script("postgres/event_triggers.sh")}export PGCONNECT_TIMEOUT=8
psql -XqAt -v ON_ERROR_STOP=1 <<< {shlex.quote(script("postgres/restore_rights.sql"))}
psql -XqAt -v ON_ERROR_STOP=1 <<< "$HINDERED"
names=$(denied_event_triggers command)
[ -z "$names" ] || printf 'may not create the event trigger %s (only a superuser may)\\n' "$names"
"""
_SESSION = re.compile(r"^session: (.*)\|(\d+)$", re.MULTILINE)
_IN_THE_WAY, _STAYS = (re.compile(rf"^{mark}: (.+)$", re.MULTILINE) for mark in ("in the way", "stays"))
_LEFT = re.compile(r"^left: (.*)\|\d+$", re.MULTILINE)
_NOTHING_CHANGED = "the database is as it was, and nothing was replaced"
_FAILURES = {
    68: f"The backup is missing or was changed (its checksum differs); {_NOTHING_CHANGED}.",
    75: f"The backup could not be restored beside the database; {_NOTHING_CHANGED}.",
    92: "The database is not there under its name, but the replaced one is. Look at the server.",
    94: f"A database for the backup could not be created on its server; {_NOTHING_CHANGED}.",
}


def restore_whole(backup: ClientProgramsStep, folder: str, jobs: int, step: StepBox, ctx: Context) -> Outcome:
    """Restore the run's backup as a step of the rollback. Raises the tools' errors."""
    env: dict[str, Text] = {
        "DATABASE": DatabaseAddress(backup.database_url),
        "FOLDER": folder,
        "FILE": "<backup_file>",
        "SHA256": "<backup_sha256>",
        "JOBS": str(jobs),
    }
    data = {**_names(ctx), "SEEN": identities(ctx.tools, backup.database_url)}
    result = run_job(step, ctx, backup.host, backup.script(_SCRIPT), env, data, hides=TO_THE_BOT)
    values = parse_values(result.tail)
    kept = f"The replaced database is kept as {data['KEEP_AS']} until the run ends"
    if result.code:
        return failed(_failure(result), lines=without_values(result.last_lines), output=result.tail)
    if "already" in values:
        return done(f"This run has already restored the whole database. {kept}.")
    sessions = _SESSION.findall(result.tail)
    ended = ", ".join(f"{name} {count}" for name, count in sessions) or "none"
    away = format_seconds(int(values.get("swap_ms", 0)) / 1000)
    summary = f"The whole database was restored from the backup in {format_seconds(result.seconds)}"
    stays = joined_few(_STAYS.findall(result.tail), 5)
    left = f" The replaced one has kept {stays}: create the same again in the present one." if stays else ""
    return done(
        f"{summary} and replaced the present one within {away}. {kept}. Sessions that were ended: {ended}.{left}"
    )


def drop_replaced(backup: ClientProgramsStep, ctx: Context) -> None:
    """Drop the database that the run has replaced, if it is there. Raises the tools' errors."""
    env = page_texts({"DATABASE": DatabaseAddress(backup.database_url)}, {})
    names = _names(ctx)
    result = ctx.tools.shell.ask(backup.host, backup.script(_DROP), env={**env, **names}, limit=60)
    if result.code:
        raise Failed(f"{names['KEEP_AS']} could not be dropped: {result.last_line}", result.tail)


def restore_checks(backup: ClientProgramsStep) -> list[PreflightCheck]:
    """What production's user must be allowed to do."""
    text = backup.script(_RIGHTS)
    env = (("DATABASE", DatabaseAddress(backup.database_url)),)
    return [HostCheck(host=backup.host, script=text, judge=_judge_rights, env=env)]


def restore_plan(backup: ClientProgramsStep, folder: str) -> list[str]:
    """What is run, as plan lines."""
    env = {"DATABASE": backup.database_url, "FOLDER": folder, "FILE": "<backup_file>"}
    says = "restores <backup_file> beside the database, then exchanges their names; the replaced one is kept at first"
    return program_plan(backup.host, says, backup.script(_SCRIPT), env)


def _names(ctx: Context) -> dict[str, str]:
    """The names of the new database until it is in place, and of the replaced one."""
    own = hashlib.sha256(ctx.step_key.encode()).hexdigest()[:8]
    return {"NEW": f"gonogo_new_run{ctx.run.id}_{own}", "KEEP_AS": f"gonogo_replaced_run{ctx.run.id}_{own}"}


def _failure(result: CommandResult) -> str:
    if result.code == 93:
        if not (left := ", ".join(_LEFT.findall(result.tail))):
            return f"The databases could not be renamed; the server's reason is below; {_NOTHING_CHANGED}."
        return f"Sessions in the database could not be ended ({left}); {_NOTHING_CHANGED}. End them by hand."
    general = f"The restore ended with {exit_words(result.code)}; what failed is below."
    return address_error(result.code, result.tail) or _FAILURES.get(result.code, general)


def _judge_rights(result: CommandResult) -> list[PreflightResult]:
    if result.code:
        return blocked(f"a restore of the whole database could not be checked ({result.last_line})", "run psql there")
    in_the_way, stays = (joined_few(found.findall(result.tail), 5) for found in (_IN_THE_WAY, _STAYS))
    told = [line for line in result.tail.splitlines() if _IN_THE_WAY.match(line) or _STAYS.match(line)]
    if lacking := [line for line in result.tail.splitlines() if line and line not in told]:
        rights = "a right" if len(lacking) == 1 else "rights"
        why = f"to restore the whole database, its user lacks {rights}: it {joined_few(lacking, 5)}"
        return blocked(why, "give it what it lacks, or let the backup's database_url name another user")
    found = passed("the database's user may put the backup's database into its place")
    if in_the_way:
        why = f"the database could not be replaced while this is in it, which its user cannot end: {in_the_way}"
        found += warned(why, "see that it is gone before a rollback, or let database_url name a user who may end it")
    if stays:
        why = f"a restore leaves with the replaced database: {stays}; what reads from it would get nothing more"
        found += warned(why, "plan to create the same again in the restored database after such a rollback")
    return found
