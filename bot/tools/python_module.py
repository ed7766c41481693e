"""A module of gonogo, run as another Python process."""

from __future__ import annotations

import sys
from pathlib import Path

_ROOT = Path(__file__).parents[2]
# the folder first: an installed gonogo is in a folder of its own, and the working folder may have another `bot`
_RUN = (
    "import runpy, sys; sys.path.insert(0, {root!r}); runpy.run_module({name!r}, run_name='__main__', alter_sys=True)"
)


def module_command(name: str) -> list[str]:
    """The words that run a module of this very gonogo; arguments may follow."""
    return [sys.executable, "-P", "-c", _RUN.format(root=str(_ROOT), name=name)]
