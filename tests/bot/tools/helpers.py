"""Helpers of the tools' tests: waiting, a shell, and the traces of scratch servers."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

import psutil

from bot.rehearsal.target.ssh_server import SshServer
from bot.tools.local.machine import own_environment
from bot.tools.places import HostPlace, LocalPlace
from bot.tools.postgres.scratch_folder import PREFIX
from bot.tools.secrets import Redactor
from bot.tools.ssh.shell import SshShell
from commands.ports.page_text import PageText
from commands.ports.scratch_server import ScratchNeeds

SECRET = "s3cr3t-token-value"
NEED = ScratchNeeds(size=8_000_000, encoding="UTF8", oldest=18, newest=None)


def eventually(condition: Callable[[], bool], seconds: float = 60) -> bool:
    """Whether a condition becomes true in time. The limit is generous, because the machine may be busy."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if condition():
            return True
        time.sleep(0.05)
    return condition()


def shell_for(ssh: SshServer, **changes: str) -> SshShell:
    """A shell whose host `box` is the server; `changes` replace fields of its place."""
    place = {"address": ssh.address, "key": str(ssh.key), "known_hosts": str(ssh.known_hosts), **changes}
    return SshShell({"box": HostPlace(**place)}, {"SECRET": SECRET}, Redactor([SECRET]))


def local_shell(home: Path, *names: str, **environ: str) -> SshShell:
    """A shell whose host `box` is this machine, with a home of its own; its commands get the variables `names`."""
    place = LocalPlace(env={name: PageText(f"${name}") for name in names})
    environ = {"SECRET": SECRET, **environ}
    own = own_environment({**os.environ, "HOME": str(home), **environ})
    return SshShell({"box": place}, environ, Redactor([SECRET]), own=own)


def forward_threads() -> list[str]:
    """The names of the threads that carry a forwarded connection."""
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("forward ")]


def scratch_processes(temp: Path) -> list[psutil.Process]:
    """The processes of the scratch servers in a folder, and of their guards."""
    return [
        process
        for process in psutil.process_iter(["cmdline"])
        if f"{temp}/{PREFIX}" in " ".join(process.info["cmdline"] or [])
    ]
