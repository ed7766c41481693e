"""The real tools behind `commands.ports.tools`: SSH, PostgreSQL, HTTP, a browser and the clock."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Iterable, Mapping

from bot.tools.places import Places
from commands.ports.tools import Tools


def make_tools(places: Places, environ: Mapping[str, str], names: Iterable[str]) -> Tools:
    """The tools for a page's places; `names` are the environment variables whose values must never be shown."""
    # late, so that the terminal's quick commands do not wait for libraries they do not use
    from bot.tools.analysis import CodeAnalysis
    from bot.tools.browser import ChromiumBrowser
    from bot.tools.clock import SystemClock
    from bot.tools.postgres.scratch import EmbeddedScratch
    from bot.tools.postgres.sql import PostgresDatabase
    from bot.tools.secrets import redactor_for
    from bot.tools.ssh.shell import SshShell
    from bot.tools.web import HttpWeb

    redact = redactor_for(names, environ)
    # addresses that are made while the bot runs: named, resolved and hidden like those of its environment
    made: dict[str, str] = {}
    shell = SshShell(places.hosts, ChainMap(made, dict(environ)), redact)
    return Tools(
        shell=shell,
        database=PostgresDatabase(places.databases, environ, redact),
        web=HttpWeb(places.webs, environ, redact),
        browser=ChromiumBrowser(places.webs, environ, redact),
        analysis=CodeAnalysis(),
        scratch=EmbeddedScratch(shell, made, redact),
        clock=SystemClock(),
    )
