"""The real tools behind `commands.ports.tools`, and how they are made for a page."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Iterable, Mapping
from importlib import import_module
from typing import TYPE_CHECKING

from bot.tools.first_use import made_at_first_use
from bot.tools.places import Places
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
    from bot.tools.analysis import CodeAnalysis
    from bot.tools.clock import SystemClock
    from bot.tools.secrets import redactor_for

    names = tuple(names)
    redact = redactor_for((*names, *masked), environ)
    known = {name: environ[name] for name in (name.removeprefix("$") for name in names) if name in environ}
    # addresses of scratch servers: named, resolved and masked like the variables of the environment
    scratch_addresses: dict[str, str] = {}

    def ssh_shell() -> SshShell:
        from bot.tools.local.machine import own_environment
        from bot.tools.ssh.shell import SshShell

        return SshShell(places.hosts, ChainMap(scratch_addresses, known), redact, own=own_environment(environ))

    def database() -> Database:
        from bot.tools.postgres.database import PostgresDatabase

        return PostgresDatabase(places.databases, known, redact)

    def web() -> Web:
        from bot.tools.web import HttpWeb

        return HttpWeb(places.webs, known, redact)

    def browser() -> Browser:
        from bot.tools.browser import ChromiumBrowser

        return ChromiumBrowser(places.webs, known, redact, environ.get("GONOGO_BROWSER", ""), confined=confined)

    def scratch() -> ScratchServers:
        from bot.tools.postgres.scratch import EmbeddedScratch

        return EmbeddedScratch(shell, scratch_addresses, redact)

    shell = made_at_first_use(ssh_shell)
    return Tools(
        shell=shell,
        database=made_at_first_use(database),
        web=made_at_first_use(web),
        browser=made_at_first_use(browser),
        analysis=CodeAnalysis(),
        scratch=made_at_first_use(scratch),
        clock=SystemClock(),
    )
