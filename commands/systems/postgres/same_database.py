"""Whether a host reaches the very database that the bot reaches, and neither of them a pooler."""

from __future__ import annotations

from commands.ports.page_text import DatabaseAddress, Text
from commands.ports.preflight import PreflightContext, PreflightResult, blocked, passed
from commands.ports.tools import Tools
from commands.systems.postgres.client_programs import ADDRESS, address_error, through
from state.frozen import dataclass

_SCRIPT = f"{ADDRESS}export PGCONNECT_TIMEOUT=8\nis_direct\nis_as_seen\n"


def identities(tools: Tools, database_url: str, database: str = "") -> str:
    """The variable SEEN: what the bot sees behind `database`, or else behind the page's databases with this address.

    Raises Unreachable, Failed.
    """
    names = (database,) if database else tools.database.names_at(DatabaseAddress(database_url))
    return "\n".join(tools.database.identity(name) for name in names)


@dataclass(frozen=True, kw_only=True)
class DirectDatabaseCheck:
    """Checks that the bot reaches a database itself, not a pooler."""

    database: str
    late: bool = False

    @property
    def place(self) -> tuple[str, str]:
        """The database."""
        return ("databases", self.database)

    def run_preflight(self, ctx: PreflightContext) -> list[PreflightResult]:
        """Ask who it is. Raises Unreachable, Failed."""
        ctx.tools.database.identity(self.database)
        return passed("the address leads to the server itself, not to a pooler")


@dataclass(frozen=True, kw_only=True)
class SameDatabaseCheck:
    """Checks that `database_url` leads a host to the database that the bot sees (see `identities`)."""

    host: str
    database_url: str
    database: str = ""
    words: tuple[str, ...] = ()  # through which the host runs PostgreSQL's programs
    late: bool = False

    @property
    def place(self) -> tuple[str, str]:
        """The host."""
        return ("hosts", self.host)

    def run_preflight(self, ctx: PreflightContext) -> list[PreflightResult]:
        """Ask the bot's database and the host's. Raises Unreachable, Failed."""
        seen = identities(ctx.tools, self.database_url, self.database)
        env: dict[str, Text] = {"DATABASE": DatabaseAddress(self.database_url), "SEEN": seen}
        result = ctx.tools.shell.ask(self.host, through(self.words, _SCRIPT), env=env)
        about = f"{self.database_url}: "
        if result.code:
            why = address_error(result.code, result.tail) or f"cannot be checked ({result.last_line})"
            return blocked(about + why.rstrip("."), "correct it in the environment")
        if not seen:
            return passed(f"{about}no pooler; the page has no database to compare it with")
        return passed(f"{about}the same database from here and from the bot, and no pooler")
