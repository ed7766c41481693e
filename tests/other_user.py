"""A user who is not root, for tests that run as root."""

from __future__ import annotations

import tempfile
from pathlib import Path

NOBODY = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--"]


def let_others_in(folder: Path) -> None:
    """Let every user into a test's own folder, and into those above it, which pytest makes for itself alone."""
    above = Path(tempfile.gettempdir())
    for one in (folder, *folder.parents):
        if one != above and one.is_relative_to(above):
            one.chmod(0o755)
