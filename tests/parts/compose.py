"""Compose 2, a plugin of docker: fetched once, from Debian, into the user's cache."""

from __future__ import annotations

import hashlib
import os
import platform
import shutil
import subprocess
import urllib.request
from pathlib import Path

import pytest

_PACKAGE = "http://deb.debian.org/debian/pool/main/d/docker-compose/docker-compose_2.26.1-4_amd64.deb"
_SHA256 = "47681197cb2b1ab88206b42a1a92fc75f50d9530a6322d03494a473eed0408ea"
_PLUGIN = "usr/libexec/docker/cli-plugins/docker-compose"


def compose_two() -> Path:
    """A folder for DOCKER_CONFIG that has the plugin. Skips the test where this machine can have none."""
    if platform.machine() != "x86_64" or shutil.which("dpkg-deb") is None:
        pytest.skip("compose 2 is fetched for Debian on x86_64 only")
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "gonogo-tests"
    folder = cache / f"compose-{_SHA256[:12]}"
    if not folder.exists():
        new = cache / f"compose-{os.getpid()}.part"
        plugins = new / "cli-plugins"
        plugins.mkdir(parents=True)
        _fetch(new / "package.deb")
        subprocess.run(["dpkg-deb", "--extract", new / "package.deb", new / "files"], check=True)
        (new / "files" / _PLUGIN).rename(plugins / "docker-compose")
        shutil.rmtree(new / "files")
        (new / "package.deb").unlink()
        try:
            new.rename(folder)
        except OSError:  # another process was faster
            shutil.rmtree(new)
    return folder


def _fetch(file: Path) -> None:
    try:
        with urllib.request.urlopen(_PACKAGE, timeout=60) as answer:
            file.write_bytes(answer.read())
    except OSError as error:
        shutil.rmtree(file.parent)
        pytest.skip(f"compose 2 cannot be fetched: {error}")
    assert hashlib.sha256(file.read_bytes()).hexdigest() == _SHA256, f"{_PACKAGE} is another file now"
