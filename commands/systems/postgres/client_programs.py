"""PostgreSQL's client programs in a host's shell: their address and their exit codes."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence

from commands.ports.preflight import PreflightCheck, PreflightResult, blocked, passed
from commands.ports.shell import CommandResult
from commands.systems.preflight.hosts import HostCheck, ProgramsCheck
from commands.systems.scripts import script

# Needs $DATABASE, a `DatabaseAddress`; `is_as_seen` needs $SEEN.
ADDRESS_FUNCTIONS = f"IDENTITY={shlex.quote(script('postgres/identity.sql'))}\n" + script("postgres/address.sh")
ADDRESS = f'{ADDRESS_FUNCTIONS}at_address "$DATABASE"\n'
NOT_THE_SERVER = (59, 63)  # exit codes of `is_direct`: a standby, a pooler
# exit code -> what it means
_ADDRESS_ERRORS = {
    59: "The address leads to a standby, which may be behind its primary; nothing was done. Use the primary's address.",
    60: "The database cannot be reached from the host; nothing was done.",
    61: "From the host, the address leads to another database than from the bot; nothing was done. Give an address "
    "that means the same server on both (no localhost, unless both are on that machine).",
    62: "The address names a file that the host does not have or may not read ({no_file}); nothing was done. "
    "Put it there, in the same place.",
    63: "The address leads to a pooler, where another session gets what one session sets; nothing was done. "
    "Use the server's own address.",
    64: "PostgreSQL's programs cannot be run through `pg_programs`; nothing was done. Its words must hand over input "
    "and arguments as they are: a container needs -i and no -t; ssh changes them.",
}
_PROGRAMS = frozenset({"psql", "pg_dump", "pg_restore"})
# The address, and shell functions for an archive and for a copy on the server of $SCRATCH. Their files are named after
# $FILE.
SCRATCH = "".join(
    (
        ADDRESS,
        f"USED={shlex.quote(script('postgres/scratch_used.sql'))}\n",
        f"CONTENT={shlex.quote(script('postgres/content.sql'))}\n",
        f"NO_MAPPINGS={shlex.quote(script('postgres/no_mappings.sql'))}\n",
        script("postgres/archive.sh"),
        script("postgres/order_matters.sh"),
        script("postgres/scratch.sh"),
    )
)
NOT_QUERIED = 71
# exit code -> what it means
SCRATCH_ERRORS = {
    NOT_QUERIED: "The scratch database cannot be queried from the host; nothing was done.",
    72: "The scratch database is the one that was backed up; nothing was done. Use another one.",
    73: "The scratch database is not empty; nothing was done. Use an empty one.",
    74: "The user of the scratch database may not create databases; nothing was done. Let the server's administrator "
    "allow it: ALTER ROLE … CREATEDB.",
    81: "The database for the copy could not be created on the scratch server; nothing was done. "
    "The server's own words are below.",
    82: "The scratch server lacks something that the database's own has: a collation, an extension or a tablespace. "
    "This says nothing about the backup. Install it there, or name a server that has it.",
    83: "The scratch server or the host's pg_restore broke the restore off. This says nothing about the backup. "
    "Their own words are below.",
    79: "The user of the scratch database may not restore everything there. This says nothing about the backup. "
    "Grant what the lines below ask for (an event trigger needs a superuser), or remove `scratch_url` from the page.",
    85: "The scratch server's messages are in another language than English, so a restore cannot be judged by them; "
    "nothing was done. Let its administrator set it for the user: ALTER ROLE … SET lc_messages = 'C'.",
    80: "The disk of the scratch database's server is full. This says nothing about the backup. Free some space there.",
}


def address_error(code: int, output: str) -> str:
    """What an exit code and the output say about the address; empty if they say nothing."""
    missing = re.search(r"^no_file=(.*)$", output, re.MULTILINE)
    return _ADDRESS_ERRORS.get(code, "").format(no_file=missing[1] if missing else "?")


def through(words: Sequence[str], text: str) -> str:
    """A script whose `psql`, `pg_dump` and `pg_restore` are run through these words; without any, as it is."""
    if not words:
        return text
    return f"THROUGH=({shlex.join(words)})\n{script('postgres/through.sh')}{text}"


def program_checks(host: str, names: Sequence[str], words: Sequence[str]) -> list[PreflightCheck]:
    """Check that a host has these programs; PostgreSQL's own are looked up through the words, if there are any."""
    if not words:
        return [ProgramsCheck(host=host, names=tuple(names))]
    behind = [name for name in names if name in _PROGRAMS]
    here = tuple(name for name in (words[0], "od", "tr", *names) if name not in behind)
    looked_up = (
        """there sh -c 'for name in "$@"; do command -v "$name" > /dev/null || echo "missing=$name"; done' sh """
    )
    text = through(words, f"{looked_up}{shlex.join(behind)} < /dev/null\n")

    def judge(result: CommandResult) -> list[PreflightResult]:
        shown = shlex.join(words)
        if result.code:
            why = f"PostgreSQL's programs cannot be run through `{shown}` ({result.last_line})"
            return blocked(why, f"try `{shown} psql --version` on the host; a container needs -i and no -t")
        if missing := re.findall(r"^missing=(.+)$", result.tail, re.MULTILINE):
            return blocked(f"not found through `{shown}`: {', '.join(missing)}", "install PostgreSQL's programs there")
        return passed(f"programs found through `{shown}`: {', '.join(behind)}")

    return [ProgramsCheck(host=host, names=here), HostCheck(host=host, script=text, judge=judge)]
