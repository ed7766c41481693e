"""podman under the name of docker, as podman-docker has it on hosts of Red Hat and others."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.docker_daemon import Docker, require_container

# the machines of the tests may be containers themselves, without rights over cgroups and limits
_CONTAINERS = """
[engine]
cgroup_manager = "cgroupfs"
events_logger = "file"
runtime = "{runtime}"
[containers]
netns = "host"
default_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]
"""
_STORAGE = '[storage]\ndriver = "vfs"\nrunroot = "{folder}/run"\ngraphroot = "{folder}/data"\n'
# /usr/bin/docker of podman-docker
_SAYS = 'echo "Emulate Docker CLI using podman. Create /etc/containers/nodocker to quiet msg." >&2\n'
_DOCKER = """#!/bin/sh
export CONTAINERS_CONF={folder}/containers.conf CONTAINERS_STORAGE_CONF={folder}/storage.conf
{says}exec {podman} "$@"
"""


@contextmanager
def podman_as_docker() -> Iterator[Docker]:
    """A `docker` that is podman. Skips the test where there is none, or where it may start no container."""
    podman, runtime = shutil.which("podman"), shutil.which("runc", path=f"{os.environ['PATH']}:/usr/sbin")
    if podman is None or runtime is None or os.geteuid() != 0:
        pytest.skip("this machine has no podman with runc, or the user is not root")
    with TemporaryDirectory(prefix="gt-", dir="/tmp", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        (folder / "containers.conf").write_text(_CONTAINERS.format(runtime=runtime))
        (folder / "storage.conf").write_text(_STORAGE.format(folder=folder))
        docker = Docker(folder)
        (docker.bin / "docker").write_text(_DOCKER.format(folder=folder, says=_SAYS, podman=podman))
        docker.own = folder / "own"
        docker.own.mkdir()
        (docker.own / "docker").write_text(_DOCKER.format(folder=folder, says="", podman=podman))
        (docker.own / "docker").chmod(0o755)
        require_container(docker)
        try:
            yield docker
        finally:
            docker.ask("rm", "--all", "--force", "--time=0")
            docker.ask("image", "rm", "--all", "--force")
