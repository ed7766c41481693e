"""The programs of a host that has only busybox's, as Alpine Linux does."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest


def busybox_alone(folder: Path) -> None:
    """Fill a new folder for PATH with bash and the programs of busybox. Skips the test where there is none."""
    busybox, bash = shutil.which("busybox"), shutil.which("bash")
    if not (busybox and bash):
        pytest.skip("this machine has no busybox")
    folder.mkdir()
    (folder / "bash").symlink_to(bash)
    for name in subprocess.run([busybox, "--list"], capture_output=True, text=True, check=True).stdout.split():
        if name != "bash":
            (folder / name).symlink_to(busybox)
