"""A headless Chromium from npm's registry, for a rehearsal on a machine that has none and may install none."""

from __future__ import annotations

import platform
import shutil
import subprocess
import tarfile
import tempfile
from pathlib import Path

from bot.rehearsal.target.box import Box, TargetError
from bot.rehearsal.target.tools import keep, node_modules

# a Chromium built to need few of the system's libraries, and those that it needs, packed with brotli (which node knows)
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


def chromium(box: Box) -> Path:
    """The program, fetched and unpacked the first time. Raises TargetError where it cannot be had."""
    if platform.machine() not in {"x86_64", "AMD64"}:
        raise TargetError(f"npm's registry has no Chromium for {platform.machine()}.")
    kept = box.cache / f"chromium-{VERSION}"
    if not kept.exists():
        box.cache.mkdir(parents=True, exist_ok=True)
        modules = node_modules(box, "chromium", PACKAGE)
        packed = modules / "@sparticuz" / "chromium" / "bin"
        fresh = Path(tempfile.mkdtemp(prefix="chromium-", dir=box.cache))
        _unpack(box, packed / "chromium.br", fresh / "chrome")
        (fresh / "chrome").chmod(0o755)
        _unpack(box, packed / "al2023.tar.br", fresh / "libraries.tar")
        with tarfile.open(fresh / "libraries.tar") as libraries:
            if hasattr(tarfile, "data_filter"):  # from Python 3.11.4 on
                libraries.extraction_filter = tarfile.data_filter
            libraries.extractall(fresh)  # noqa: S202  of a package whose version is pinned
        (fresh / "chromium").write_text(START.format(folder=kept))
        (fresh / "chromium").chmod(0o755)
        keep(fresh, kept)
        shutil.rmtree(modules.parent, ignore_errors=True)
    return kept / "chromium"


def _unpack(box: Box, source: Path, to: Path) -> None:
    words: list[str | Path] = [box.bin / "node", "--input-type=module", "-e", UNPACK, source, to]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode:
        raise TargetError(f"{source.name} cannot be unpacked: {done.stderr[-500:]}")
