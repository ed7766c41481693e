"""A real git repository: an origin, and a working copy that is one commit behind."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from pathlib import Path


class Repository:
    """`origin` has one commit more on main than `path`, the working copy that production runs.

    `old` is the working copy's commit, `new` the newest one of origin.
    """

    def __init__(self, folder: Path, object_format: str = "sha1") -> None:
        self.origin, self.path = folder / "origin", folder / "copy"
        git(folder, "init", "-q", "-b", "main", f"--object-format={object_format}", str(self.origin))
        self.commit({"app.js": "const a = 1\n", "package-lock.json": "{}\n"}, "First")
        git(folder, "clone", "-q", str(self.origin), str(self.path))
        self.old = git(self.path, "rev-parse", "HEAD")
        self.new = self.commit({"app.js": "const a = 2\n", "up.sql": "SELECT 1;\n"}, "Second")

    def commit(self, files: Mapping[str, str | bytes], message: str) -> str:
        """Commit files on origin's main. Returns the commit."""
        for name, content in files.items():
            (self.origin / name).write_bytes(content.encode() if isinstance(content, str) else content)
        git(self.origin, "add", ".")
        git(self.origin, "commit", "-q", "-m", message)
        return git(self.origin, "rev-parse", "HEAD")


def git(folder: Path, *words: str) -> str:
    """Run git in a folder. Returns what it printed."""
    actor = ["-c", "user.name=T", "-c", "user.email=t@example.com"]
    result = subprocess.run(["git", *actor, *words], cwd=folder, check=True, capture_output=True, text=True)
    return result.stdout.strip()
