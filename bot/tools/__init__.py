"""The real tools behind `commands.ports.tools`, and how they are made for a page."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Iterable, Mapping

from bot.tools.places import Places
from commands.ports.tools import Tools


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
    # imported here, so that the terminal's fast commands do not load libraries that they do not use
    from bot.tools.analysis import CodeAnalysis
    from bot.tools.browser import ChromiumBrowser
    from bot.tools.clock import SystemClock
    from bot.tools.local.machine import own_environment
    from bot.tools.postgres.database import PostgresDatabase
    from bot.tools.postgres.scratch import EmbeddedScratch
    from bot.tools.secrets import redactor_for
    from bot.tools.ssh.shell import SshShell
    from bot.tools.web import HttpWeb

    names = tuple(names)
    redact = redactor_for((*names, *masked), environ)
    known = {name: environ[name] for name in (name.removeprefix("$") for name in names) if name in environ}
    # addresses of scratch servers: named, resolved and masked like the variables of the environment
    scratch_addresses: dict[str, str] = {}
    shell = SshShell(places.hosts, ChainMap(scratch_addresses, known), redact, own=own_environment(environ))
    return Tools(
        shell=shell,
        database=PostgresDatabase(places.databases, known, redact),
        web=HttpWeb(places.webs, known, redact),
        browser=ChromiumBrowser(places.webs, known, redact, environ.get("GONOGO_BROWSER", ""), confined=confined),
        analysis=CodeAnalysis(),
        scratch=EmbeddedScratch(shell, scratch_addresses, redact),
        clock=SystemClock(),
    )
