"""The check before the start whether a backup can be made on its host."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping

from commands.ports.preflight import FAIL, PreflightResult, blocked, passed, warned
from commands.ports.shell import CommandResult
from commands.steps.shared.backup_sessions import judge_sessions
from commands.steps.values import parse_values, without_values
from commands.systems.folders.may_write import MAY_WRITE, not_writable
from commands.systems.postgres.client_programs import ADDRESS, NOT_THE_SERVER
from commands.systems.preflight.free_files import FREE_FILES, LEAST_FILES, too_few
from commands.systems.scripts import script
from commands.text.numbers import format_bytes

NO_FOLDER = 68  # exit code
# pg_dump's first session locks each table, and the others lock it again while they read it
_LOCKS = """
SELECT 'dump_locks=' || 2 * count(*) FROM pg_class
  WHERE relkind IN ('r', 'p') AND relnamespace <> 'pg_catalog'::regnamespace;
SELECT 'server_locks=' || current_setting('max_locks_per_transaction')::int
  * (current_setting('max_connections')::int + current_setting('max_prepared_transactions')::int);
"""
PREFLIGHT = (
    ADDRESS
    + MAY_WRITE
    + f"""\
# the folder that the backup will create is not created to look: the one above it must allow it
folder=$FOLDER
until [ -e "$folder" ] || [ -L "$folder" ]; do folder=$(dirname -- "$folder"); done
cd -- "$folder" && may_write . || exit {NO_FOLDER}
"""
    + FREE_FILES
    + f"LOCKS={shlex.quote(_LOCKS)}\n"
    + f"SESSIONS={shlex.quote(script('postgres/sessions.sql'))}\n"
    + f"HIDDEN={shlex.quote(script('postgres/hidden_rows.sql'))}\n"
    + script("postgres/backup_preflight.sh")
)


def judge_preflight(result: CommandResult) -> list[PreflightResult]:
    """What the output of PREFLIGHT says."""
    if result.code == NO_FOLDER:
        todo = "create it, and make the user of the bot's log-in its owner"
        return blocked(*not_writable(result.tail, "the backup folder, or where it would be created,", todo))
    values = parse_values(result.tail)
    if result.code in NOT_THE_SERVER:
        return []  # the check of the address says it
    if result.code or not values.get("database_bytes", "").isdigit() or not values.get("server", "").isdigit():
        # libpq indents what it only asks, such as “Is the server running on that host …?”
        told = [line for line in result.tail.splitlines() if not line.startswith("\t")]
        message = without_values(told)[-1:] or (f"exit code {result.code}",)
        return blocked(
            f"psql cannot query the database from this host ({message[0][:160]})",
            "run psql on the host with the address that the database's variable has, and correct it or the server",
        )
    sessions = judge_sessions(values)
    refused = [one for one in sessions if one.level == FAIL]
    if problem := _judge_dump(values) or _judge_files(values) or refused:
        return problem
    size, free = int(values["database_bytes"]), int(values["free_bytes"])
    room = f"{format_bytes(free)} free for the backup of a database of {format_bytes(size)}"
    if free <= size:
        return blocked(f"only {room}", "free up space, or name another folder")
    client, server = _versions(values)
    return (
        passed(f"pg_dump {client} for PostgreSQL {server}; {room}")
        + _judge_lines(values)
        + _judge_locks(values)
        + sessions
    )


def _judge_lines(values: Mapping[str, str]) -> list[PreflightResult]:
    if "dump_lines" not in values:
        return []
    return warned(
        f"`at_least_lines = {values['at_least']}`, a dump made now has {values['dump_lines']} lines: the backup would "
        "be removed, and its step fails",
        "set at_least_lines to what a whole dump of this database has at least",
    )


def _judge_files(values: Mapping[str, str]) -> list[PreflightResult]:
    needed = LEAST_FILES + int(values.get("dump_locks", "0")) // 2  # each table that is locked has a file of its own
    return too_few(values.get("free_files", ""), "in the backup folder", needed)


def _judge_locks(values: Mapping[str, str]) -> list[PreflightResult]:
    needed, room = (int(values.get(name, "0")) for name in ("dump_locks", "server_locks"))
    if not room or needed <= room:
        return []
    return warned(
        f"pg_dump may need {needed:,} locks, one or two for each table, and the server has room for {room:,}",
        "raise max_locks_per_transaction on the server, or the backup may end with “out of shared memory”",
    )


def _versions(values: Mapping[str, str]) -> tuple[str, int]:
    """The version of pg_dump, empty if there is none, and that of the server."""
    client = re.findall(r"\d+", values.get("dump", ""))
    return client[0] if client else "", int(values["server"]) // 10_000


def _judge_dump(values: Mapping[str, str]) -> list[PreflightResult]:
    client, server = _versions(values)
    if not client or int(client) < server:
        version = f"pg_dump {client}" if client else "no pg_dump"
        return blocked(
            f"it has {version}, the database server is PostgreSQL {server}",
            f"install the client programs of PostgreSQL {server} there",
        )
    if hidden := values.get("hidden", ""):
        return blocked(
            f"row-level security keeps rows of {hidden[:200]} from the backup's user, so pg_dump refuses to dump them",
            "let this user read all rows (ALTER ROLE … BYPASSRLS; an owner: NO FORCE ROW LEVEL SECURITY)",
        )
    return []
