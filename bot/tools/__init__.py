"""The real tools behind `commands.ports.tools`, and how they are made for a page."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Collection, Iterable, Mapping
from importlib import import_module
from typing import TYPE_CHECKING

from bot.tools.analysis import CodeAnalysis
from bot.tools.clock import SystemClock
from bot.tools.first_use import made_at_first_use
from bot.tools.places import Places
from bot.tools.secrets import redactor_for
from commands.ports.browser import Browser
from commands.ports.database import Database
from commands.ports.scratch_server import ScratchServers
from commands.ports.tools import Tools
from commands.ports.web import Web

if TYPE_CHECKING:
    from bot.tools.ssh.shell import SshShell

AT_FIRST_USE = (
    "bot.tools.browser",
    "bot.tools.postgres.database",
    "bot.tools.postgres.scratch",
    "bot.tools.ssh.shell",
    "bot.tools.web",
)


def import_tools() -> None:
    """Import what `make_tools` leaves for the first use.

    Hours later, in a rollback, another version may have been installed in its place, which does not fit this process.
    """
    for module in AT_FIRST_USE:
        import_module(module)


def make_tools(
    places: Places,
    environ: Mapping[str, str],
    names: Iterable[str],
    masked: Iterable[str] = (),
    *,
    confined: bool = False,
) -> Tools:
    """The tools for a page's places. They know and mask the environment variables `names`, and know no others.

    The values of those in `masked` are hidden too. With `confined` the browser reaches the places, nothing else.
    """
    return _Maker(places, environ, tuple(names), masked, confined=confined).tools()


class _Maker:
    """Makes each tool when it is first used."""

    def __init__(
        self,
        places: Places,
        environ: Mapping[str, str],
        names: Collection[str],
        masked: Iterable[str],
        *,
        confined: bool,
    ) -> None:
        self._places = places
        self._environ = environ
        self._confined = confined
        self._redact = redactor_for((*names, *masked), environ)
        known = (name.removeprefix("$") for name in names)
        self._known = {name: environ[name] for name in known if name in environ}
        # addresses of scratch servers: named, resolved and masked like the variables of the environment
        self._scratch_addresses: dict[str, str] = {}
        self._shell = made_at_first_use(self._ssh_shell)

    def tools(self) -> Tools:
        return Tools(
            shell=self._shell,
            database=made_at_first_use(self._database),
            web=made_at_first_use(self._web),
            browser=made_at_first_use(self._browser),
            analysis=CodeAnalysis(),
            scratch=made_at_first_use(self._scratch),
            clock=SystemClock(),
        )

    def _ssh_shell(self) -> SshShell:
        from bot.tools.local.machine import own_environment
        from bot.tools.ssh.shell import SshShell

        environ = ChainMap(self._scratch_addresses, self._known)
        return SshShell(self._places.hosts, environ, self._redact, own=own_environment(self._environ))

    def _database(self) -> Database:
        from bot.tools.postgres.database import PostgresDatabase

        return PostgresDatabase(self._places.databases, self._known, self._redact)

    def _web(self) -> Web:
        from bot.tools.web import HttpWeb

        return HttpWeb(self._places.webs, self._known, self._redact)

    def _browser(self) -> Browser:
        from bot.tools.browser import ChromiumBrowser

        program = self._environ.get("GONOGO_BROWSER", "")
        return ChromiumBrowser(self._places.webs, self._known, self._redact, program, confined=self._confined)

    def _scratch(self) -> ScratchServers:
        from bot.tools.postgres.scratch import EmbeddedScratch

        return EmbeddedScratch(self._shell, self._scratch_addresses, self._redact)
