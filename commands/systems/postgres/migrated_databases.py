"""Which databases of the page a step writes to, for the checks before a run."""

from __future__ import annotations

from itertools import chain

from commands.ports.page_text import DatabaseAddress
from commands.ports.preflight import PreflightContext
from state.frozen import dataclass


@dataclass(frozen=True, kw_only=True)
class MigratedDatabases:
    """The base of a check of a step's `database`, or of those of the page at the `addresses` of its tool on `host`."""

    database: str = ""
    host: str = ""
    addresses: tuple[str, ...] = ()
    late: bool = False

    @property
    def place(self) -> tuple[str, str]:
        """The database, or the host on which a tool writes to it."""
        return ("databases", self.database) if self.database else ("hosts", self.host)

    def names(self, ctx: PreflightContext) -> tuple[str, ...]:
        """Their names on the page; none if no database there has such an address."""
        at = (ctx.tools.database.names_at(DatabaseAddress(address), only=True) for address in self.addresses)
        return (self.database,) if self.database else tuple(dict.fromkeys(chain(*at)))
