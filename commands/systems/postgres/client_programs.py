"""PostgreSQL's client programs in a host's shell: their address and their exit codes."""

from __future__ import annotations

import shlex

from commands.systems.scripts import script

# The address is split into variables: on a command line `ps` would show the password to every user, and libpq refuses
# Prisma's ?schema=. Needs $DATABASE_URL.
ADDRESS = """\
at_address() {
  [[ $DATABASE_URL =~ ^postgres(ql)?://([^:@/]+):([^@/]*)@([^:/?,]+):?([0-9]*)/([^?]+) ]] || exit 64
  part() { local text=${BASH_REMATCH[$1]}; printf '%b' "${text//%/\\\\x}"; }
  export PGUSER=$(part 2) PGPASSWORD=$(part 3) PGHOST=$(part 4) PGPORT=${BASH_REMATCH[5]:-5432} PGDATABASE=$(part 6)
  [[ ! $DATABASE_URL =~ [?\\&]sslmode=([a-z-]+) ]] || export PGSSLMODE=${BASH_REMATCH[1]}
}
at_address
"""
NO_ADDRESS = "The database address is not of the form postgresql://user:password@host:port/name."
NO_ADDRESS_CODE = 64
# The address, and shell functions for an archive and for a copy on the server of $SCRATCH_URL. Their files are
# named after $FILE.
SCRATCH = "".join(
    (
        ADDRESS,
        f"WHO={shlex.quote(script('postgres/scratch_who.sql'))}\n",
        f"CONTENT={shlex.quote(script('postgres/content.sql'))}\n",
        f"NO_MAPPINGS={shlex.quote(script('postgres/no_mappings.sql'))}\n",
        script("postgres/archive.sh"),
        script("postgres/scratch.sh"),
    )
)
NOT_QUERIED = 71
# exit code -> what it means
SCRATCH_ERRORS = {
    NOT_QUERIED: "The scratch database cannot be queried from the host; nothing was done. "
    "Its address has the same form as production's.",
    72: "The scratch database is production itself; nothing was done. Use another one.",
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
