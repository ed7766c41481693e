"""supervisor from PyPI, with a program for each service."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from tests.commands.systems.services.stages.stage import Stage
from tests.local_shell import LocalShell
from tests.parts.service import Service
from tests.parts.supervisor import Supervisor, supervisord

# a restart that says that all is well
_IDLE = '#!{python}\nimport os, sys\nif sys.argv[1] != "restart":\n    os.execv("{ctl}", sys.argv)\n'


class SupervisorStage(Stage):
    """The programs of one supervisord."""

    manager = "supervisor"

    def __init__(self, daemon: Supervisor) -> None:
        self.daemon = daemon
        self.idle = daemon.folder / "idle"
        self.idle.mkdir()
        program = self.idle / "supervisorctl"
        program.write_text(_IDLE.format(python=sys.executable, ctl=daemon.bin / "supervisorctl"))
        program.chmod(0o755)

    def start(self, name: str, *, worker: bool = False, lines: tuple[str, ...] = ()) -> Service:
        service = self.daemon.service(name)
        if worker:
            service.port = 0
            service.will(port=0)
        self.daemon.install(service, *lines)
        if not worker:
            service.wait()
        return service

    def shell(self, *, restarts: bool = True) -> LocalShell:
        return LocalShell({}, self.daemon.bin if restarts else self.idle)


@contextmanager
def supervisor_stage() -> Iterator[SupervisorStage]:
    """Such a daemon, which runs meanwhile."""
    with supervisord() as daemon:
        yield SupervisorStage(daemon)
