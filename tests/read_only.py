"""A file that turns read-only for whoever opens it from then on, as on a disk with an error."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


@contextmanager
def read_only(file: Path) -> Iterator[None]:
    """Inside the block the file is mounted read-only over itself; its permissions show nothing of that."""
    if subprocess.run(["mount", "--bind", file, file], capture_output=True, check=False).returncode:
        pytest.skip("only root mounts a file")
    try:
        subprocess.run(["mount", "-o", "remount,bind,ro", file], check=True)
        yield
    finally:
        subprocess.run(["umount", "-l", file], check=True)
