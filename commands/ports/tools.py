"""The seam to the outside world: what a step may ask of hosts, databases, the web, a browser and the clock.

The real ones live in `bot/tools/`, the one fake in `tests/world.py`. Places are named as on the page ("production",
"api"); which address or key a name stands for is known to the edge alone. A text value that is `$NAME`
stands for an environment variable of the bot and is resolved at the edge, so that no secret passes through here.
Every tool raises only the `ToolError`s of `state.errors`, and hides secrets in all that it returns.
"""

from __future__ import annotations

from dataclasses import dataclass

from commands.ports.analysis import Analysis
from commands.ports.browser import Browser
from commands.ports.clock import Clock
from commands.ports.database import Database
from commands.ports.scratch_server import ScratchServers
from commands.ports.shell import Shell
from commands.ports.web import Web


@dataclass(frozen=True, kw_only=True)
class Tools:
    """All the tools a step is handed."""

    shell: Shell
    database: Database
    web: Web
    browser: Browser
    analysis: Analysis
    scratch: ScratchServers
    clock: Clock

    def close(self) -> None:
        """Give every connection back."""
        self.web.close()
        self.shell.close()
