"""A copy of production's database on the bot's own machine: its needs, server and check.

It is used where the page names no scratch database.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from threading import Event

from commands.ports.page_text import DatabaseAddress
from commands.ports.preflight import PreflightContext, PreflightResult, passed, warned
from commands.ports.scratch_server import ScratchNeeds, ScratchServer
from commands.ports.tools import Tools
from commands.systems.postgres.client_programs import ADDRESS, address_error
from commands.systems.scripts import script
from commands.text.foreign_json import read_json
from state.errors import Failed
from state.frozen import dataclass

NEEDS_SCRIPT = f"""\
{ADDRESS}export PGCONNECT_TIMEOUT=8
psql -XqAt -v ON_ERROR_STOP=1 <<< {shlex.quote(script("postgres/need.sql"))}
printf 'dump=%s\\n' "$(pg_dump --version)"
"""
_OWN_DATABASE = "set `scratch_url` on the page to an empty database of your own"


@dataclass(frozen=True, kw_only=True)
class DatabaseCopy:
    """A copy of the database at `database_url`, as `host` reaches it; `what` is its purpose, for example "proof".

    `dumped`: the host's pg_dump reads the copy, so the server must not be newer than that program.
    """

    host: str
    database_url: str
    what: str
    dumped: bool

    def needs(self, tools: Tools) -> ScratchNeeds:
        """Ask production, through its host. Raises Failed (its message is a clause), Unreachable."""
        ended = tools.shell.ask(self.host, NEEDS_SCRIPT, env={"DATABASE": DatabaseAddress(self.database_url)})
        answer = re.search(r"^need=(\{.*\})$", ended.tail, re.MULTILINE)
        dump = re.search(r"^dump=[^\d\n]*+(\d+)", ended.tail, re.MULTILINE)
        if ended.code or not answer or not dump:
            unknown = f"the database cannot be queried ({ended.last_line})"
            raise Failed(address_error(ended.code, ended.tail).rstrip(".") or unknown, ended.tail)
        needs = read_json(answer[1])
        return ScratchNeeds(
            size=needs["size"],
            encoding=needs["encoding"],
            oldest=needs["server"],
            newest=int(dump[1]) if self.dumped else None,
            extensions=tuple(needs["extensions"]),
            roles=tuple((name, bool(superuser)) for name, superuser in needs["roles"]),
            icu=bool(needs["icu"]),
            members=tuple((role, member) for role, member in needs["members"]),
            settings=tuple((role, name, value) for role, name, value in needs["settings"]),
        )

    @contextmanager
    def server(self, tools: Tools, stop: Event) -> Iterator[ScratchServer]:
        """A server for the copy. Raises Failed (its message is a whole sentence), Unreachable, Stopped."""
        with ExitStack() as stack:
            try:
                server = stack.enter_context(tools.scratch.start(self.host, self.needs(tools), stop=stop))
            except Failed as error:
                raise Failed(self.missing_message(str(error)), error.output) from None
            yield server

    def missing_message(self, why: str) -> str:
        """The sentences for a copy that could not be made."""
        return f"The {self.what} is missing: {why.rstrip('.')}. Fix that and run it again, or {_OWN_DATABASE}."


@dataclass(frozen=True, kw_only=True)
class ScratchAvailable:
    """Checks that the bot's machine has the programs and the space for the copy, and that the host can reach it.

    A failure is a warning only: a run may start, because the step itself asks people whether to continue without the
    copy.
    """

    copy: DatabaseCopy
    late: bool = False

    @property
    def place(self) -> tuple[str, str]:
        """The host."""
        return ("hosts", self.copy.host)

    def run_preflight(self, ctx: PreflightContext) -> list[PreflightResult]:
        """Ask production what the copy needs, then check for it. Raises Unreachable."""
        try:
            ctx.tools.scratch.check(self.copy.host, self.copy.needs(ctx.tools))
        except Failed as error:
            return warned(f"the {self.copy.what} would be missing: {error}", f"fix that, or {_OWN_DATABASE}")
        return passed(f"the bot's machine can run a PostgreSQL for the {self.copy.what}, and this host can reach it")
