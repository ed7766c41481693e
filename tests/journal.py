"""A real journal of systemd in a folder, and a `journalctl` that reads it."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

WRITER = Path("/lib/systemd/systemd-journal-remote")
BOOT = "0123456789abcdef0123456789abcdef"


class Journal:
    """The journal. Skips the test where its programs are missing."""

    def __init__(self, folder: Path) -> None:
        program = shutil.which("journalctl")
        if program is None or not WRITER.exists():
            pytest.skip("this machine has no journalctl and systemd-journal-remote")
        self.files = folder / "journal"
        self.bin = folder / "bin"
        self.bin.mkdir()
        self.files.mkdir()
        (self.bin / "journalctl").write_text(f'#!/bin/sh\nexec {program} --directory={self.files} "$@"\n')
        (self.bin / "journalctl").chmod(0o755)
        self._began = time.time() - 3600
        self._written, self._file = 0, 1

    def write(self, unit: str, *messages: str, fields: Sequence[str] = ()) -> None:
        """Let a unit write messages, a second apart."""
        export = b"".join(self._entry(unit, message.encode(), fields) for message in messages)
        target = self.files / f"system-{self._file}.journal"
        command = [str(WRITER), f"--output={target}", "-"]
        subprocess.run(command, input=export, stderr=subprocess.PIPE, check=True)

    def rotate(self) -> None:
        """Write what comes into a new file."""
        self._file += 1

    def vacuum(self) -> None:
        """Remove the files before the newest one."""
        for file in self.files.glob("*.journal"):
            if file.name != f"system-{self._file}.journal":
                file.unlink()

    def cursor(self, *words: str) -> str:
        """The newest entry's cursor, as a step before a restart notes it."""
        command = [str(self.bin / "journalctl"), "--lines=0", "--show-cursor", "--quiet", *words]
        shown: str = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        return shown.partition("-- cursor: ")[2].strip()

    def _entry(self, unit: str, message: bytes, fields: Sequence[str]) -> bytes:
        self._written += 1
        lines = [
            f"__REALTIME_TIMESTAMP={int(1e6 * (self._began + self._written))}",
            f"__MONOTONIC_TIMESTAMP={1_000_000 * self._written}",
            f"_BOOT_ID={BOOT}",
            f"_SYSTEMD_UNIT={unit}",
            *fields,
            "MESSAGE",
        ]
        return "\n".join(lines).encode() + b"\n" + len(message).to_bytes(8, "little") + message + b"\n\n"
