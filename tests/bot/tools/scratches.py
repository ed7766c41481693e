"""What the tests of throw-away servers share: a small need, and which of their processes run."""

from __future__ import annotations

from pathlib import Path

import psutil

from bot.tools.postgres.scratch_folder import PREFIX
from commands.ports.scratch_server import ScratchNeeds

NEED = ScratchNeeds(size=8_000_000, encoding="UTF8", oldest=18, newest=None)


def servers(temp: Path) -> list[psutil.Process]:
    """The processes of servers whose folder is in there, and of their guards."""
    return [
        one for one in psutil.process_iter(["cmdline"]) if f"{temp}/{PREFIX}" in " ".join(one.info["cmdline"] or [])
    ]
