"""PostgreSQL's client programs in a host's shell: their address and their exit codes."""

from __future__ import annotations

import re
import shlex

from commands.systems.scripts import script

# Needs $DATABASE, a `DatabaseAddress`; `is_as_seen` needs $SEEN.
ADDRESS_FUNCTIONS = f"IDENTITY={shlex.quote(script('postgres/identity.sql'))}\n" + script("postgres/address.sh")
ADDRESS = f'{ADDRESS_FUNCTIONS}at_address "$DATABASE"\n'
# exit code -> what it means
_ADDRESS_ERRORS = {
    60: "The database cannot be reached from the host; nothing was done.",
    61: "From the host, the address leads to another database than from the bot; nothing was done. Give an address "
    "that means the same server on both (no localhost, unless both are on that machine).",
    62: "The address names a file that the host does not have or may not read ({no_file}); nothing was done. "
    "Put it there, in the same place.",
    63: "The address leads to a pooler, where another session gets what one session sets; nothing was done. "
    "Use the server's own address.",
}
# The address, and shell functions for an archive and for a copy on the server of $SCRATCH. Their files are named after
# $FILE.
SCRATCH = "".join(
    (
        ADDRESS,
        f"USED={shlex.quote(script('postgres/scratch_used.sql'))}\n",
        f"CONTENT={shlex.quote(script('postgres/content.sql'))}\n",
        f"NO_MAPPINGS={shlex.quote(script('postgres/no_mappings.sql'))}\n",
        script("postgres/archive.sh"),
        script("postgres/scratch.sh"),
    )
)
NOT_QUERIED = 71
# exit code -> what it means
SCRATCH_ERRORS = {
    NOT_QUERIED: "The scratch database cannot be queried from the host; nothing was done.",
    72: "The scratch database is the one that was backed up; nothing was done. Use another one.",
    73: "The scratch database is not empty; nothing was done. Use an empty one.",
    74: "The user of the scratch database may not create databases (it needs CREATEDB); nothing was done.",
    81: "The database for the copy could not be created on the scratch server; nothing was done. "
    "The server's own words are below.",
    82: "The scratch server lacks a collation or an extension that production uses. This says nothing about the "
    "backup. Install it there, or name a server that has it.",
    79: "The user of the scratch database may not restore everything there. This says nothing about the backup. "
    "Grant what the lines below ask for, or remove `scratch_url` from the page.",
    80: "The disk of the scratch database's server is full. This says nothing about the backup. Free some space there.",
}


def address_error(code: int, output: str) -> str:
    """What an exit code and the output say about the address; empty if they say nothing."""
    missing = re.search(r"^no_file=(.*)$", output, re.MULTILINE)
    return _ADDRESS_ERRORS.get(code, "").format(no_file=missing[1] if missing else "?")
