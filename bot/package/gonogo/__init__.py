"""Go/No-Go as it is installed: one package, in which `bot`, `commands` and `state` lie."""

from __future__ import annotations

import sys
from pathlib import Path


def main() -> int:
    """The command line. Only in its own process the three folders are found by their short names."""
    inside = Path(__file__).parent
    if (inside / "bot").is_dir():
        sys.path.insert(0, str(inside))
    from bot.cli import main as command_line

    return command_line()
