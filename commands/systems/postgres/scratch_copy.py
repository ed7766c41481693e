"""A copy's place on the bot's own machine, where the page names none: what it needs, how it is borrowed, and what the doctor looks at."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from threading import Event

from commands.ports.preflight import PreflightContext, PreflightResult, last_word, passed, warned
from commands.ports.scratch_server import ScratchNeeds, ScratchServer
from commands.ports.tools import Tools
from commands.systems.postgres.client_programs import ADDRESS, NO_ADDRESS, NO_ADDRESS_CODE
from commands.systems.scripts import script
from state.errors import Failed

NEED = f"""\
{ADDRESS}export PGCONNECT_TIMEOUT=8
psql -XqAt -v ON_ERROR_STOP=1 <<< {shlex.quote(script("postgres/need.sql"))}
printf 'dump=%s\\n' "$(pg_dump --version)"
"""
TO_DO = "Mend that and run it again, or name an empty database of your own as `scratch_url` on the page."
_MEND = "mend that, or name an empty database of your own as `scratch_url` on the page"


@dataclass(frozen=True, kw_only=True)
class Copy:
    """Of which database, as which host reaches it, and what for ("proof").

    `dumped` says that the host's own pg_dump is to read the copy, so that the server may not be newer than that.
    """

    host: str
    database_url: str
    what: str
    dumped: bool

    def need(self, tools: Tools) -> ScratchNeeds:
        """Ask production, through its host. Raises Failed (its message is a clause), Unreachable."""
        ended = tools.shell.ask(self.host, NEED, env={"DATABASE_URL": self.database_url})
        told = re.search(r"^need=(\{.*\})$", ended.tail, re.MULTILINE)
        dump = re.search(r"^dump=\D*(\d+)", ended.tail, re.MULTILINE)
        if ended.code or not told or not dump:
            unknown = f"production cannot be asked ({last_word(ended)})"
            why = NO_ADDRESS.rstrip(".") if ended.code == NO_ADDRESS_CODE else unknown
            raise Failed(why, ended.tail)
        found = json.loads(told[1])
        return ScratchNeeds(
            size=found["size"],
            encoding=found["encoding"],
            oldest=found["server"],
            newest=int(dump[1]) if self.dumped else None,
            extensions=tuple(found["extensions"]),
            roles=tuple((name, bool(superuser)) for name, superuser in found["roles"]),
            members=tuple((role, member) for role, member in found["members"]),
        )

    @contextmanager
    def borrowed(self, tools: Tools, stop: Event) -> Iterator[ScratchServer]:
        """A server for the copy. Raises Failed with the whole sentence where there is none, Unreachable, Stopped."""
        with ExitStack() as until_the_end:
            try:
                need = self.need(tools)
                lent = until_the_end.enter_context(tools.scratch.beside(self.host, need, stop=stop))
            except Failed as error:
                raise Failed(self.missing(str(error)), error.output) from None
            yield lent

    def missing(self, why: str) -> str:
        """The sentence for a copy that could not be made."""
        return f"The {self.what} is missing: {why.rstrip('.')}. {TO_DO}"


@dataclass(frozen=True, kw_only=True)
class ScratchAvailable:
    """Whether the bot's own machine could hold the copy: its programs, its room, and a port on the host that leads to it.

    Where not, a run may still begin, because the step itself asks people to go on without; so it is a warning.
    """

    copy: Copy
    late: bool = False

    @property
    def place(self) -> tuple[str, str]:
        """The host."""
        return ("hosts", self.copy.host)

    def examine(self, ctx: PreflightContext) -> list[PreflightResult]:
        """Ask production what it needs, then look. Raises Unreachable."""
        try:
            ctx.tools.scratch.ready(self.copy.host, self.copy.need(ctx.tools))
        except Failed as error:
            return warned(f"the {self.copy.what} would be missing: {error}", _MEND)
        return passed(
            f"for the {self.copy.what}, a PostgreSQL on the bot's machine can hold the copy and be reached from here"
        )
