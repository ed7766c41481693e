"""A headless Chromium from npm's registry, for a machine that has none and may not install one."""

from __future__ import annotations

import platform
import shutil
import subprocess
import tarfile
import tempfile
from pathlib import Path

from bot.rehearsal.target.host import Host, TargetError
from bot.rehearsal.target.programs import cached_node_modules, move_into_cache

# built to need few of the system's libraries; those that it needs are packed with it, in brotli, which node can read
VERSION = "153.0.0"
PACKAGE = f'{{"name": "browser", "private": true, "dependencies": {{"@sparticuz/chromium": "{VERSION}"}}}}'
UNPACK = """
import { createReadStream, createWriteStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import { createBrotliDecompress } from 'node:zlib'
const [from, to] = process.argv.slice(1)
await pipeline(createReadStream(from), createBrotliDecompress(), createWriteStream(to))
"""
START = """#!/bin/sh
LD_LIBRARY_PATH={folder}/lib exec {folder}/chrome "$@"
"""


def fetch_chromium(host: Host) -> Path:
    """The program's path; downloads and unpacks it the first time. Raises TargetError when that is not possible."""
    if platform.machine() not in {"x86_64", "AMD64"}:
        raise TargetError(f"npm's registry has no Chromium for {platform.machine()}.")
    cached = host.cache / f"chromium-{VERSION}"
    if not cached.exists():
        host.cache.mkdir(parents=True, exist_ok=True)
        modules = cached_node_modules(host, "chromium", PACKAGE)
        packed = modules / "@sparticuz" / "chromium" / "bin"
        fresh = Path(tempfile.mkdtemp(prefix="chromium-", dir=host.cache))
        _unpack(host, packed / "chromium.br", fresh / "chrome")
        (fresh / "chrome").chmod(0o755)
        _unpack(host, packed / "al2023.tar.br", fresh / "libraries.tar")
        with tarfile.open(fresh / "libraries.tar") as libraries:
            if hasattr(tarfile, "data_filter"):  # from Python 3.11.4 on
                libraries.extraction_filter = tarfile.data_filter
            libraries.extractall(fresh)  # noqa: S202  from a package of a pinned version
        (fresh / "chromium").write_text(START.format(folder=cached))
        (fresh / "chromium").chmod(0o755)
        move_into_cache(fresh, cached)
        shutil.rmtree(modules.parent, ignore_errors=True)
    return cached / "chromium"


def _unpack(host: Host, source: Path, destination: Path) -> None:
    command: list[str | Path] = [host.bin / "node", "--input-type=module", "-e", UNPACK, source, destination]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    if result.returncode:
        raise TargetError(f"{source.name} could not be unpacked: {result.stderr[-500:]}")
