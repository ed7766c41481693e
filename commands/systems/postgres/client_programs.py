"""PostgreSQL's own programs in a host's shell: the address as PG* variables, and what its failure means."""

from __future__ import annotations

import shlex

from commands.systems.scripts import script

# Taken apart, because on a command line `ps` would show the password to every user, and Prisma's ?schema= is refused
# by libpq's programs. Needs $DATABASE_URL.
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
# The address, and shell functions around an archive and a copy of the database beside $SCRATCH_URL; $FILE names their notes.
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
SCRATCH_WRONG = {
    71: "The scratch database cannot be reached from the host, so nothing was done. Its address is written like production's.",
    72: "The scratch database is production itself; nothing was done. Name another one.",
    73: "The scratch database is not empty; nothing was done. Name an empty one.",
    79: "The user of the scratch database may not restore everything there, which says nothing about the backup. "
    "Give it what the lines below ask for, or take `scratch_url` off the page.",
    80: "The disk of the scratch database's server is full, which says nothing about the backup. Make room there.",
    74: "The user of the scratch database may not make databases (it needs CREATEDB); nothing was done.",
}
