"""systemd in a machine that it booted. A user restarts its units by sudo."""

from __future__ import annotations

from bot.rehearsal.target.loopback import wait_until
from tests.commands.systems.services.stages.stage import Stage
from tests.local_shell import LocalShell
from tests.parts.machine import Machine
from tests.parts.service import Service

_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
# a restart that says that all is well
_IDLE = '#!/bin/sh\n[ "$1" = restart ] || exec /usr/bin/systemctl "$@"\n'


class SystemdStage(Stage):
    """The units of a machine."""

    manager = "systemd"

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        folder = machine.root / "opt/idle"
        folder.mkdir()
        (folder / "sudo").write_text('#!/bin/sh\nshift; exec "$@"\n')
        (folder / "systemctl").write_text(_IDLE)
        for program in folder.iterdir():
            program.chmod(0o755)

    def start(self, name: str, *, worker: bool = False, lines: tuple[str, ...] = (), unit: str = "") -> Service:
        service = self.machine.service(name)
        if worker:
            service.port = 0
            service.will(port=0)
        self.machine.install(service, *lines, unit=unit)
        words = ("journalctl", "--output=cat", f"--unit={name}")
        wait_until(lambda: "started" in self.machine.ask(*words).splitlines(), name)
        return service

    def fields(self, *services: Service) -> str:
        return f"{super().fields(*services)}sudo = true\n"

    def shell(self, *, restarts: bool = True, user: str = "deploy") -> LocalShell:
        shell = self.machine.shell(user)
        if not restarts:
            shell.base["PATH"] = f"/opt/idle:{_PATH}"
        return shell
