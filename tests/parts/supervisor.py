"""A real supervisord in a folder, and a `supervisorctl` that talks to it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil
import pytest

from bot.rehearsal.target.host import TargetError
from bot.rehearsal.target.loopback import wait_until
from tests.local_shell import LocalShell
from tests.parts.service import Service

_PROGRAMS = Path(sys.executable).parent  # pip installs supervisor's beside this Python
_CONFIG = """
[supervisord]
logfile = {folder}/supervisord.log
pidfile = {folder}/pid
childlogdir = {folder}

[unix_http_server]
file = {folder}/socket

[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface

[supervisorctl]
serverurl = unix://{folder}/socket

[include]
files = {folder}/programs/*.conf
"""


class Supervisor:
    """The daemon. `bin` has the `supervisorctl` that talks to it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.bin = folder / "bin"
        for inside in (self.bin, folder / "programs"):
            inside.mkdir()
        self.config = folder / "supervisord.conf"
        self.config.write_text(_CONFIG.format(folder=folder))
        # with the first lines of the program that pip installed, and this configuration as that of the system
        (self.bin / "supervisorctl").write_text(
            f"#!{sys.executable}\nimport sys\nfrom supervisor.supervisorctl import main\n"
            f'sys.exit(main(["-c", "{self.config}", *sys.argv[1:]]))\n'
        )
        (self.bin / "supervisorctl").chmod(0o755)

    def ask(self, *words: str) -> str:
        """What supervisorctl prints. Raises TargetError."""
        ended = subprocess.run(
            [self.bin / "supervisorctl", *words], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False
        )
        if ended.returncode:
            raise TargetError(f"supervisorctl {' '.join(words)}: {ended.stdout.decode()}")
        return ended.stdout.decode()

    def shell(self, **environ: str) -> LocalShell:
        """The Shell of a host with this daemon; `environ` gives the `$NAME`s."""
        return LocalShell(environ, self.bin)

    def service(self, name: str) -> Service:
        """A service in a folder of its own, of which supervisord knows nothing yet."""
        return Service(self.folder / "services" / name, name)

    def install(self, service: Service, *lines: str) -> None:
        """Let supervisord run a service; `lines` are more of its [program:…]."""
        text = [f"[program:{service.name}]", f"command = {service.command}", "startsecs = 0", *lines, ""]
        (self.folder / "programs" / f"{service.name}.conf").write_text("\n".join(text))
        self.ask("update")

    def remove(self, *services: Service) -> None:
        """Let supervisord forget services."""
        for service in services:
            (self.folder / "programs" / f"{service.name}.conf").unlink()
        self.ask("update")


@contextmanager
def supervisord() -> Iterator[Supervisor]:
    """A supervisord that runs meanwhile. Skips the test where it is not installed."""
    program = _PROGRAMS / "supervisord"
    if not program.exists():
        pytest.skip("this Python has no supervisor")
    with TemporaryDirectory(prefix="gt-", dir="/tmp") as name:
        supervisor = Supervisor(Path(name))
        process = subprocess.Popen(
            [program, "--nodaemon", f"--configuration={supervisor.config}"], stdout=subprocess.DEVNULL
        )
        try:
            wait_until((supervisor.folder / "socket").exists, "supervisord")
            yield supervisor
        finally:
            children = psutil.Process(process.pid).children(recursive=True)
            process.terminate()
            process.wait(20)
            for child in psutil.wait_procs(children, timeout=3)[1]:
                child.kill()
