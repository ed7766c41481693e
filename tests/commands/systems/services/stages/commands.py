"""Commands of the page, over a shell loop that starts its program again when that dies."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from bot.rehearsal.target.loopback import wait_until
from tests.commands.systems.services.stages.stage import Stage
from tests.local_shell import LocalShell
from tests.parts.service import PATH, Service

# prints the time before each line of the log; the loop's own id is that of the pod, so to say
_LOOP = """\
n=0
exec > >(while IFS= read -r line; do echo "$(date -u +%Y-%m-%dT%H:%M:%S.%3NZ) $line"; done >> log) 2>&1
trap 'kill "$child" 2> /dev/null; exit 0' TERM
while :; do
  {command} &
  child=$!
  echo "$$ $n" > state.new; mv state.new state
  wait "$child" || true
  n=$((n + 1)); sleep 0.1
done
"""
_START = 'cd "{folder}" && {{ [ ! -e state ] || kill "$(cut -d " " -f 1 state)"; rm -f state; setsid bash loop & }}'
_READY = 'python3 -c "import urllib.request as u; u.urlopen(\\"{url}\\")"'


class CommandsStage(Stage):
    """Services of which only their commands are known."""

    manager = "commands"
    several = False

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.services: list[Service] = []

    def start(self, name: str, *, worker: bool = False) -> Service:
        service = Service(self.folder / name, name)
        self.services.append(service)
        if worker:
            service.port = 0
            service.will(port=0)
        (service.folder / "loop").write_text(_LOOP.format(command=service.command))
        ended = self.shell().ask("h", f"{_START.format(folder=service.folder)} > /dev/null 2>&1")
        assert ended.code == 0, ended.tail
        wait_until((service.folder / "state").exists, name) if worker else service.wait()
        return service

    def shell(self, *, restarts: bool = True) -> LocalShell:
        return LocalShell({"RESTARTS": "yes" if restarts else "no"})

    def fields(self, *services: Service) -> str:
        (service,) = services
        ready = _READY.format(url=service.url + PATH) if service.port else f"test -s {service.folder}/state"
        log = f"awk -v since=\"$SINCE\" '$1 >= since' {service.folder}/log"
        return (
            f"{super().fields(service)}running = '''cat {service.folder}/state'''\nready = '''{ready}'''\n"
            f"log = '''{log}'''\nenv = {{ RESTARTS = \"$RESTARTS\" }}\n"
        )

    def only_restarts(self, *services: Service) -> str:
        (service,) = services
        start = _START.format(folder=service.folder)
        return f"restart = '''[ \"$RESTARTS\" = no ] || {{ {start} > /dev/null 2>&1; }}'''\n"

    def stop(self) -> None:
        """End every loop."""
        for service in self.services:
            state = service.folder / "state"
            if state.exists() and psutil.pid_exists(pid := int(state.read_text().split()[0])):
                for child in [*psutil.Process(pid).children(recursive=True), psutil.Process(pid)]:
                    child.kill()


@contextmanager
def commands_stage(folder: Path) -> Iterator[CommandsStage]:
    """Such services, which run meanwhile."""
    stage = CommandsStage(folder)
    try:
        yield stage
    finally:
        stage.stop()
