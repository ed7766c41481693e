"""Reads and changes the files of a bundle for a test."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bot.report.bundle import archive
from tests.bot.command import Capture, run

Files = dict[str, bytes]


def problems(capsys: Capture, bundle: Path) -> list[str]:
    """What `gonogo verify` says is wrong with a bundle."""
    code, out, err = run(capsys, "verify", str(bundle))
    found = [line.removeprefix("❌ ").removesuffix(".") for line in out.splitlines() if line.startswith("❌")]
    assert code == (1 if found or err else 0)
    return [*found, *err.splitlines()]


def change(bundle: Path, changed: Callable[[Files], None]) -> None:
    """Change the files of a bundle."""
    files = archive.unpack(bundle)
    changed(files)
    bundle.write_bytes(archive.pack(files))


def lines(files: Files) -> list[dict[str, Any]]:
    """The lines of the record in a bundle."""
    return [json.loads(line) for line in files[archive.RECORD].splitlines()]


def put_lines(files: Files, changed: list[dict[str, Any]]) -> None:
    files[archive.RECORD] = "".join(f"{json.dumps(line)}\n" for line in changed).encode()
