"""Whether a database can be written to: not a standby, nor one whose transactions only read."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain

from commands.ports.page_text import PLACEHOLDER, DatabaseAddress, PageText
from commands.ports.preflight import OK, PreflightContext, PreflightResult, blocked, passed
from commands.systems.scripts import script

# what a session begins with: the bot's own only reads
_SQL = """
SELECT pg_is_in_recovery(), current_user::text,
       (SELECT reset_val FROM pg_settings WHERE name = 'default_transaction_read_only')"""

_FROM_HOST = script("migrations/urls.sh") + script("postgres/at_urls.sh")
_NOT_LOOKED_AT = "no database of the page has this address, so whether it is a standby was not looked at"


@dataclass(frozen=True, kw_only=True)
class WritableDatabaseCheck:
    """Checks that a step can write to its `database`; of a tool on `host`, to the databases at its `addresses`.

    `addresses` are the tool's variables by name. One that is none of the page's databases is asked from the host.
    """

    database: str = ""
    host: str = ""
    addresses: tuple[tuple[str, str], ...] = ()
    late: bool = False

    @property
    def place(self) -> tuple[str, str]:
        """The database, or the host on which a tool writes to it."""
        return ("databases", self.database) if self.database else ("hosts", self.host)

    def run_preflight(self, ctx: PreflightContext) -> list[PreflightResult]:
        """Ask each database. Raises Unreachable, Failed."""
        names = {text: ctx.tools.database.names_at(DatabaseAddress(text), only=True) for _, text in self.addresses}
        known = (self.database,) if self.database else dict.fromkeys(chain(*names.values()))
        found = [result for name in known for result in _judged(ctx, name)]
        others = [(name, text) for name, text in self.addresses if not names[text] and not PLACEHOLDER.search(text)]
        if not self.database and others:
            found += self._from_host(ctx, others, nothing_known=not found)
        return found or passed(_NOT_LOOKED_AT)

    def _from_host(
        self, ctx: PreflightContext, others: list[tuple[str, str]], *, nothing_known: bool
    ) -> list[PreflightResult]:
        """Ask psql on the host, with the tool's own addresses."""
        names = " ".join(name for name, _ in others)
        env = {name: PageText(text) for name, text in others}
        result = ctx.tools.shell.ask(self.host, _FROM_HOST, env={**env, "NAMES": names, "ASKED": _SQL}, limit=30)
        told = [line.split("|") for line in result.tail.splitlines() if line.count("|") == 3]
        wrong = [one for name, *row in told for one in _judge(f"the database in {name}", *row) if one.level != OK]
        asked = ", ".join(name for name, *_ in told)
        if wrong or not asked:
            return wrong or (passed(_NOT_LOOKED_AT) if nothing_known else [])
        return passed(f"asked from the host: the database in {asked} can be written to")


def _judged(ctx: PreflightContext, name: str) -> list[PreflightResult]:
    standby, user, only_reads = ctx.tools.database.query(name, _SQL).rows[0]
    return _judge(f"database {name}", "t" if standby else "f", str(user), str(only_reads))


def _judge(database: str, standby: str, user: str, only_reads: str) -> list[PreflightResult]:
    if standby == "t":
        what = f"{database} is a standby, which only reads: perhaps a failover has made another server the primary"
        return blocked(what, "give the primary's address")
    if only_reads == "on":
        what = f"in {database} user {user} may only read: default_transaction_read_only is on"
        return blocked(what, "turn it off where it is set: for the database, the role, the server, or in the address")
    return passed(f"{database} can be written to")
