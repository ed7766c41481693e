"""The tools through which a step reaches hosts, databases, the web, a browser and the clock.

The real tools are in `bot/tools/`, the one fake is in `tests/world.py`. Places have the names that the page gives them
("production", "api"); only the edge knows their addresses and keys. In a `PageText`, and nowhere else, `$NAME` stands
for a variable of the bot's environment that the page names. The edge resolves it, so that no secret passes through the
core. Every tool raises only the `ToolError`s of `state.errors` and BadSettings or BadValue for a text that cannot be
sent, and masks secrets in everything it returns.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from commands.ports.analysis import Analysis
from commands.ports.browser import Browser
from commands.ports.clock import Clock
from commands.ports.database import Database
from commands.ports.scratch_server import ScratchServers
from commands.ports.shell import Shell
from commands.ports.web import Web
from state.frozen import dataclass


@dataclass(frozen=True, kw_only=True)
class Tools:
    """All the tools that a step gets."""

    shell: Shell
    database: Database
    web: Web
    browser: Browser
    analysis: Analysis
    scratch: ScratchServers
    clock: Clock
    # fingerprints of the addresses behind the page's places as they are now, by name; no address can be read from them
    places: Callable[[], Mapping[str, str]] = dict

    def close(self) -> None:
        """Close every connection."""
        self.web.close()
        self.shell.close()
