"""pm2 from npm, with a home of its own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bot.rehearsal.target.host import Host
from bot.rehearsal.target.programs import install_programs
from tests.commands.systems.services.stages.stage import Stage
from tests.local_shell import LocalShell
from tests.parts.service import Service

_CACHE = Path(__file__).parents[5] / ".cache" / "target"
# a restart that says that all is well
_IDLE = '#!/bin/sh\n[ "$1" = restart ] || exec "{pm2}" "$@"\n'


class Pm2Stage(Stage):
    """The services of one pm2."""

    manager = "pm2"

    def __init__(self, folder: Path) -> None:
        self.host = Host(folder, _CACHE)
        for inside in (self.host.home, self.host.bin, self.host.logs, self.host.srv):
            inside.mkdir(parents=True, exist_ok=True)
        install_programs(self.host)
        self.idle = folder / "idle"
        self.idle.mkdir()
        (self.idle / "pm2").write_text(_IDLE.format(pm2=self.host.bin / "pm2"))
        (self.idle / "pm2").chmod(0o755)

    def start(self, name: str, *, worker: bool = False, words: tuple[str, ...] = ()) -> Service:
        """Under another command line than pm2's own for scripts of node, for the program is one of Python."""
        service = Service(self.host.folder / "services" / name, name)
        if worker:
            service.port = 0
            service.will(port=0)
        program, *arguments = service.command.split()
        self.host.run(["pm2", "start", program, "--interpreter=none", f"--name={name}", *words, "--", *arguments])
        if not worker:
            service.wait()
        return service

    def shell(self, *, restarts: bool = True) -> LocalShell:
        environ = self.host.environment()
        path = environ["PATH"] if restarts else f"{self.idle}:{environ['PATH']}"
        return LocalShell({}, base={**environ, "PATH": path})


@contextmanager
def pm2_stage(folder: Path) -> Iterator[Pm2Stage]:
    """Such a pm2, which runs meanwhile."""
    stage = Pm2Stage(folder)
    try:
        yield stage
    finally:
        stage.host.run(["pm2", "kill"])
