"""docker, with a container for each service."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.commands.systems.services.stages.stage import NEW, OLD, Stage
from tests.docker_daemon import Docker, docker_daemon
from tests.local_shell import LocalShell
from tests.parts.service import Service

IMAGE = "app:plain"
# a restart that says that all is well
_IDLE = '#!/bin/sh\n[ "$1" = restart ] || exec "{docker}" "$@"\n'


class DockerStage(Stage):
    """The containers of one daemon."""

    manager = "docker"

    def __init__(self, daemon: Docker) -> None:
        self.daemon = daemon
        daemon.image(IMAGE)
        self.idle = daemon.folder / "idle"
        self.idle.mkdir()
        (self.idle / "docker").write_text(_IDLE.format(docker=daemon.bin / "docker"))
        (self.idle / "docker").chmod(0o755)

    def start(self, name: str, *, worker: bool = False, words: tuple[str, ...] = ("--restart=always",)) -> Service:
        service = self.daemon.service(name)
        if worker:
            service.port = 0
            service.will(port=0)
        self.daemon.start(service, IMAGE, *words)
        if not worker:
            service.wait()
        return service

    def shell(self, *, restarts: bool = True) -> LocalShell:
        return LocalShell({}, self.daemon.bin if restarts else self.idle)


@contextmanager
def two_versions(config: Path | None = None) -> Iterator[DockerStage]:
    """Such a daemon with the images app:v1 and app:v2, of the old and the new commit."""
    with docker_stage(config) as running:
        running.daemon.image("app:v1", OLD)
        running.daemon.image("app:v2", NEW)
        yield running


@contextmanager
def docker_stage(config: Path | None = None) -> Iterator[DockerStage]:
    """Such a daemon, which runs meanwhile; `config` as in `docker_daemon`."""
    with docker_daemon(config) as daemon:
        yield DockerStage(daemon)
