"""Whether a database can be written to: not a standby, nor one whose transactions only read."""

from __future__ import annotations

from commands.ports.preflight import PreflightContext, PreflightResult, blocked, passed
from commands.systems.postgres.migrated_databases import MigratedDatabases
from state.frozen import dataclass

# what a session begins with: the bot's own only reads
_SQL = """
SELECT pg_is_in_recovery(), current_user::text,
       (SELECT reset_val FROM pg_settings WHERE name = 'default_transaction_read_only')"""


@dataclass(frozen=True, kw_only=True)
class WritableDatabaseCheck(MigratedDatabases):
    """Checks that a step can write to its `database`; of a tool on `host`, to those of the page at its `addresses`."""

    def run_preflight(self, ctx: PreflightContext) -> list[PreflightResult]:
        """Ask each database. Raises Unreachable, Failed."""
        found = [result for name in self.names(ctx) for result in _judged(ctx, name)]
        return found or passed("no database of the page has this address, so whether it is a standby was not looked at")


def _judged(ctx: PreflightContext, name: str) -> list[PreflightResult]:
    standby, user, only_reads = ctx.tools.database.query(name, _SQL).rows[0]
    if standby:
        what = f"database {name} is a standby, which only reads: perhaps a failover has made another server the primary"
        return blocked(what, "give the primary's address")
    if only_reads == "on":
        what = f"in database {name} user {user} may only read: default_transaction_read_only is on"
        return blocked(what, "turn it off where it is set: for the database, the role, the server, or in the address")
    return passed(f"database {name} can be written to")
